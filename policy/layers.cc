// See layers.h: linear maps, norms and SwiGLU. Covered by tests/policy/model_test.cc.
#include "policy/layers.h"

#include <ATen/core/Tensor.h>

#include <cstring>

#include "kernels/elementwise.h"
#include "kernels/norm.h"
#include "policy/autograd.h"

namespace hone {

kernels::GemmProblem InputGradient(int64_t rows, const float* dy, int64_t dy_stride,
                                   const MatrixWeight& weight, float* dx, int64_t dx_stride,
                                   bool accumulate) {
  return {.m = rows,
          .a = dy,
          .a_row_stride = dy_stride,
          .a_k_stride = 1,
          .b = &weight.backward,
          .c = dx,
          .c_stride = dx_stride,
          .accumulate = accumulate};
}

kernels::GemmProblem WeightGradient(const Pass& pass, int64_t rows, const float* dy, int64_t dy_stride,
                                    const float* x, int64_t x_stride, const MatrixWeight& weight,
                                    kernels::PackedMatrix& packed) {
  packed.Pack(*pass.pool, rows, weight.in, x, x_stride, 1, weight.type);
  return {.m = weight.out,
          .a = dy,
          .a_row_stride = 1,
          .a_k_stride = dy_stride,
          .b = &packed,
          .c = pass.Gradient(weight),
          .c_stride = weight.in,
          .accumulate = true};
}

void CopyPieces(kernels::ThreadPool& pool, int64_t rows, int64_t heads, int64_t width, const Pieces& from,
                const Pieces& to) {
  pool.ParallelRanges(rows, 64, [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      for (int64_t h = 0; h < heads; ++h) {
        std::memcpy(to.data + r * to.row_stride + h * to.head_stride,
                    from.data + r * from.row_stride + h * from.head_stride, width * sizeof(float));
      }
    }
  });
}

at::Tensor Accumulator(const Pass& pass, const at::Tensor& residual) {
  if (pass.MayOverwrite()) return residual;
  const int64_t width = residual.size(1);
  at::Tensor copy = NewTensor(pass.num_rows, width);
  CopyPieces(*pass.pool, pass.num_rows, 1, width, {Values(residual), width, 0}, {Values(copy), width, 0});
  return copy;
}

at::Tensor Linear(const Pass& pass, const at::Tensor& x, const MatrixWeight& weight, const VectorWeight* bias,
                  const at::Tensor* residual) {
  const int64_t rows = pass.num_rows;
  if (bias != nullptr && bias->data() == nullptr) bias = nullptr;
  at::Tensor y = residual != nullptr ? Accumulator(pass, *residual) : NewTensor(rows, weight.out);
  const kernels::GemmProblem problem = {.m = rows,
                                        .a = Values(x),
                                        .a_row_stride = weight.in,
                                        .b = &weight.forward,
                                        .c = Values(y),
                                        .c_stride = weight.out,
                                        .accumulate = residual != nullptr};
  kernels::Gemm(*pass.pool, {&problem, 1});
  if (bias != nullptr) kernels::AddBias(*pass.pool, rows, weight.out, bias->data(), Values(y));
  if (!pass.recording()) return y;
  std::vector<at::Tensor> inputs = {x};
  if (residual != nullptr) inputs.push_back(*residual);
  Record(y, inputs, [&pass, x, &weight, bias, inputs_count = inputs.size()](const at::Tensor& dy) {
    const int64_t rows = pass.num_rows;
    at::Tensor dx = NewTensor(rows, weight.in);
    const kernels::GemmProblem input_gradient =
        InputGradient(rows, Values(dy), weight.out, weight, Values(dx), weight.in, false);
    kernels::Gemm(*pass.pool, {&input_gradient, 1});
    kernels::PackedMatrix packed;
    const kernels::GemmProblem weight_gradient =
        WeightGradient(pass, rows, Values(dy), weight.out, Values(x), weight.in, weight, packed);
    kernels::Gemm(*pass.pool, {&weight_gradient, 1});
    if (bias != nullptr)
      kernels::SumRows(*pass.pool, rows, weight.out, Values(dy), pass.Gradient(bias->parameter));
    std::vector<at::Tensor> gradients = {dx};
    if (inputs_count == 2) gradients.push_back(dy);
    return gradients;
  });
  return y;
}

at::Tensor Norm(const Pass& pass, const at::Tensor& x, const VectorWeight& weight) {
  const int64_t rows = pass.num_rows, width = pass.config->hidden_size;
  const float eps = static_cast<float>(pass.config->rms_norm_eps);
  at::Tensor y = NewTensor(rows, width);
  if (!pass.recording()) {
    kernels::RmsNorm(*pass.pool, rows, width, Values(x), width, weight.data(), eps, Values(y), width,
                     nullptr);
    return y;
  }
  at::Tensor inv_rms = NewTensor(rows, 1);
  kernels::RmsNorm(*pass.pool, rows, width, Values(x), width, weight.data(), eps, Values(y), width,
                   Values(inv_rms));
  Record(y, {x}, [&pass, x, inv_rms, &weight, width](const at::Tensor& dy) {
    at::Tensor dx = NewTensor(pass.num_rows, width);
    kernels::RmsNormBackward(*pass.pool, pass.num_rows, width, Values(x), width, weight.data(),
                             Values(inv_rms), Values(dy), width, Values(dx), width,
                             pass.Gradient(weight.parameter));
    return std::vector<at::Tensor>{dx};
  });
  return y;
}

at::Tensor SwiGluRows(const Pass& pass, const at::Tensor& gate_up) {
  const int64_t rows = pass.num_rows, width = gate_up.size(1) / 2;
  at::Tensor y = NewTensor(rows, width);
  kernels::SwiGlu(*pass.pool, rows, width, Values(gate_up), Values(y));
  if (!pass.recording()) return y;
  Record(y, {gate_up}, [&pass, gate_up, width](const at::Tensor& dy) {
    at::Tensor dgate_up = NewTensor(pass.num_rows, 2 * width);
    kernels::SwiGluBackward(*pass.pool, pass.num_rows, width, Values(gate_up), Values(dy), Values(dgate_up));
    return std::vector<at::Tensor>{dgate_up};
  });
  return y;
}

}  // namespace hone
