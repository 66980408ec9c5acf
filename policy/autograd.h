// The whole bridge to LibTorch's autograd: an operation computes its output with kernels and records a closure that turns
// the output's gradient into its inputs' gradients. Weight gradients never travel through the graph: closures add them to
// their buffers. Covered by tests/policy/model_test.cc.
#ifndef HONE_POLICY_AUTOGRAD_H_
#define HONE_POLICY_AUTOGRAD_H_

#include <cstdint>
#include <functional>
#include <vector>

namespace at {
class Tensor;
}

namespace hone {

// Gradients of the inputs given to Record, in that order. An undefined tensor stands for no gradient.
using BackwardClosure = std::function<std::vector<at::Tensor>(const at::Tensor& gradient)>;

at::Tensor NewTensor(int64_t rows, int64_t columns);  // uninitialised fp32, contiguous
float* Values(const at::Tensor& tensor);              // its storage; rows are packed

// A tensor that shares the storage but not the history: what a closure may keep of its own operation's output.
at::Tensor Detached(const at::Tensor& tensor);
// A leaf that wants a gradient: the start of a graph, sharing the storage.
at::Tensor Leaf(const at::Tensor& tensor);

// Attaches a node to `output`, whose gradient will be fed to `backward` once.
void Record(at::Tensor& output, const std::vector<at::Tensor>& inputs, BackwardClosure backward);

// Runs the graph behind `root` from d loss / d root. Returns the gradient of `leaf`.
at::Tensor RunBackward(const at::Tensor& root, const at::Tensor& gradient, const at::Tensor& leaf);

}  // namespace hone

#endif  // HONE_POLICY_AUTOGRAD_H_
