// See autograd.h. Covered by tests/policy/model_test.cc.
#include "policy/autograd.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <utility>

namespace hone {
namespace {

struct ClosureNode : public torch::autograd::Node {
  BackwardClosure backward;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    return backward(gradients[0].contiguous());
  }
  void release_variables() override { backward = nullptr; }
};

}  // namespace

at::Tensor NewTensor(int64_t rows, int64_t columns) { return at::empty({rows, columns}, at::kFloat); }

float* Values(const at::Tensor& tensor) { return static_cast<float*>(tensor.data_ptr()); }

at::Tensor Detached(const at::Tensor& tensor) { return tensor.detach(); }

at::Tensor Leaf(const at::Tensor& tensor) { return tensor.detach().set_requires_grad(true); }

void Record(at::Tensor& output, const std::vector<at::Tensor>& inputs, BackwardClosure backward) {
  auto node = std::shared_ptr<ClosureNode>(new ClosureNode(), torch::autograd::deleteNode);
  node->backward = std::move(backward);
  for (const auto& input : inputs) node->add_next_edge(torch::autograd::impl::gradient_edge(input));
  torch::autograd::set_history(output, node);
}

at::Tensor RunBackward(const at::Tensor& root, const at::Tensor& gradient, const at::Tensor& leaf) {
  return torch::autograd::grad({root}, {leaf}, {gradient})[0];
}

}  // namespace hone
