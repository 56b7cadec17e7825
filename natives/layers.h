// Layers of networks.
#pragma once

#include "bind.h"

namespace ffc {

inline Tensor convolution(const Tensor& x, const Tensor& weight, std::optional<Tensor> bias,
                          Longs stride, Longs padding, Longs dilation, jint groups) {
  return at::convolution(x, weight, bias, stride, padding, dilation, /*transposed=*/false,
                         Longs(stride.size(), 0), groups);
}

inline Tensor batchNorm(const Tensor& x, std::optional<Tensor> mean, std::optional<Tensor> variance,
                        std::optional<Tensor> weight, std::optional<Tensor> bias, bool training,
                        double momentum, double epsilon) {
  return at::batch_norm(x, weight, bias, mean, variance, training, momentum, epsilon,
                        at::globalContext().userEnabledCuDNN());
}

inline std::vector<Method> layerMethods() {
  return {
      method<[](const Tensor& x, const Tensor& weight, std::optional<Tensor> bias) {
        return at::linear(x, weight, bias);
      }>("torchNNLinear"),
      method<[](const Tensor& places, const Tensor& weight, bool sparse) {
        return at::embedding(weight, places, /*padding_idx=*/-1, /*scale_grad_by_freq=*/false,
                             sparse);
      }>("torchNNEmbedding"),
      method<convolution>("torchNNConvNd"),
      method<batchNorm>("torchNNBatchNorm"),
      method<[](const Tensor& x, Longs shape, std::optional<Tensor> weight,
                std::optional<Tensor> bias, double epsilon) {
        return at::layer_norm(x, shape, weight, bias, epsilon);
      }>("torchNNLayerNorm"),
      method<[](const Tensor& x, double rate, bool training) {
        return at::dropout(x, rate, training);
      }>("torchNNDropout"),
      method<[](const Tensor& x, double order, int64_t dim, double epsilon) {
        return x.div(x.norm(order, dim, /*keepdim=*/true).clamp_min(epsilon).expand_as(x));
      }>("torchNNNormalize"),

      method<[](const Tensor& x) { return x.relu(); }>("torchNNRelu"),
      method<[](const Tensor& x) { return at::softplus(x); }>("torchNNSoftPlus"),
      method<[](const Tensor& x) { return x.div(x.abs().add(1)); }>("torchNNSoftSign"),
      method<[](const Tensor& x, double slope) { return at::leaky_relu(x, slope); }>(
          "torchNNLeakyRelu"),
      method<[](const Tensor& x, double alpha) { return at::elu(x, alpha); }>("torchNNElu"),
      method<[](const Tensor& x) { return at::selu(x); }>("torchNNSelu"),
      method<[](const Tensor& x) { return at::gelu(x); }>("torchNNGelu"),
      method<[](const Tensor& x, int64_t dim, at::ScalarType type) {
        return x.softmax(dim, type);
      }>("torchSoftmax"),
      method<[](const Tensor& x, int64_t dim, at::ScalarType type) {
        return x.log_softmax(dim, type);
      }>("torchLogSoftmax"),

      method<[](const Tensor& x, Longs kernel, Longs stride, Longs padding, bool ceil,
                bool countPadding) {
        TORCH_CHECK(kernel.size() == 2, "average pooling of two dimensions only");
        return at::avg_pool2d(x, kernel, stride, padding, ceil, countPadding);
      }>("torchNNAvgPool"),
      method<[](const Tensor& x, Longs kernel, Longs stride, Longs padding, bool ceil) {
        TORCH_CHECK(kernel.size() == 2, "maximum pooling of two dimensions only");
        return at::max_pool2d(x, kernel, stride, padding, /*dilation=*/1, ceil);
      }>("torchNNMaxPool"),
      method<[](const Tensor& x, Longs size) {
        TORCH_CHECK(size.size() == 2, "average pooling to two dimensions only");
        return at::adaptive_avg_pool2d(x, size);
      }>("torchNNAdaptiveAvgPool"),
      method<[](const Tensor& x, Longs size) {
        TORCH_CHECK(size.size() == 2, "maximum pooling to two dimensions only");
        return std::get<0>(at::adaptive_max_pool2d(x, size));
      }>("torchNNAdaptiveMaxPool"),
      method<[](const Tensor& x, jint depth) { return at::one_hot(x, depth); }>("torchNNOneHot"),
  };
}

}  // namespace ffc
