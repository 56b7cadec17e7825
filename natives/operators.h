// Element by element, products, sums and orders; gradients.
#pragma once

#include "bind.h"

namespace ffc {

inline std::vector<Method> elementMethods() {
  return {
      method<[](const Tensor& x) { return x.neg(); }>("torchNeg"),
      method<[](const Tensor& x) { return x.abs(); }>("torchAbs"),
      method<[](const Tensor& x) { return x.sign(); }>("torchSign"),
      method<[](const Tensor& x) { return x.square(); }>("torchSquare"),
      method<[](const Tensor& x) { return x.sqrt(); }>("torchSqrt"),
      method<[](const Tensor& x) { return x.exp(); }>("torchExp"),
      method<[](const Tensor& x) { return x.log(); }>("torchLog"),
      method<[](const Tensor& x) { return x.log2(); }>("torchLog2"),
      method<[](const Tensor& x) { return x.log10(); }>("torchLog10"),
      method<[](const Tensor& x) { return x.lgamma(); }>("torchLgamma"),
      method<[](const Tensor& x) { return x.floor(); }>("torchFloor"),
      method<[](const Tensor& x) { return x.ceil(); }>("torchCeil"),
      method<[](const Tensor& x) { return x.round(); }>("torchRound"),
      method<[](const Tensor& x) { return x.trunc(); }>("torchTrunc"),
      method<[](const Tensor& x) { return x.sin(); }>("torchSin"),
      method<[](const Tensor& x) { return x.cos(); }>("torchCos"),
      method<[](const Tensor& x) { return x.tan(); }>("torchTan"),
      method<[](const Tensor& x) { return x.asin(); }>("torchASin"),
      method<[](const Tensor& x) { return x.acos(); }>("torchAcos"),
      method<[](const Tensor& x) { return x.atan(); }>("torchAtan"),
      method<[](const Tensor& x) { return x.sinh(); }>("torchSinh"),
      method<[](const Tensor& x) { return x.cosh(); }>("torchCosh"),
      method<[](const Tensor& x) { return x.tanh(); }>("torchTanh"),
      method<[](const Tensor& x) { return x.sigmoid(); }>("torchSigmoid"),
      method<[](const Tensor& x) { return x.erf(); }>("torchErf"),
      method<[](const Tensor& x) { return x.erfinv(); }>("torchErfinv"),
      method<[](const Tensor& x) { return x.isnan(); }>("torchIsNaN"),
      method<[](const Tensor& x) { return x.isinf(); }>("torchIsInf"),
      method<[](const Tensor& x) { return x.logical_not(); }>("torchLogicalNot"),

      method<[](const Tensor& x, const Tensor& y) { return x.add(y); }>("torchAdd"),
      method<[](const Tensor& x, const Tensor& y) { return x.sub(y); }>("torchSub"),
      method<[](const Tensor& x, const Tensor& y) { return x.mul(y); }>("torchMul"),
      method<[](const Tensor& x, const Tensor& y) { return x.true_divide(y); }>("torchTrueDivide"),
      method<[](const Tensor& x, const Tensor& y) { return x.remainder(y); }>("torchRemainder"),
      method<[](const Tensor& x, const Tensor& y) { return x.pow(y); }>("torchPow"),
      method<[](const Tensor& x, const Tensor& y) { return x.atan2(y); }>("torchAtan2"),
      method<[](const Tensor& x, const Tensor& y) { return x.xlogy(y); }>("torchXLogY"),
      method<[](const Tensor& x, const Tensor& y) { return at::maximum(x, y); }>("torchMaximum"),
      method<[](const Tensor& x, const Tensor& y) { return at::minimum(x, y); }>("torchMinimum"),
      method<[](const Tensor& x, const Tensor& y) { return x.eq(y); }>("torchEq"),
      method<[](const Tensor& x, const Tensor& y) { return x.ne(y); }>("torchNeq"),
      method<[](const Tensor& x, const Tensor& y) { return x.gt(y); }>("torchGt"),
      method<[](const Tensor& x, const Tensor& y) { return x.ge(y); }>("torchGte"),
      method<[](const Tensor& x, const Tensor& y) { return x.lt(y); }>("torchLt"),
      method<[](const Tensor& x, const Tensor& y) { return x.le(y); }>("torchLte"),
      method<[](const Tensor& x, const Tensor& y) { return x.logical_and(y); }>("torchLogicalAnd"),
      method<[](const Tensor& x, const Tensor& y) { return x.logical_or(y); }>("torchLogicalOr"),
      method<[](const Tensor& x, const Tensor& y) { return x.logical_xor(y); }>("torchLogicalXor"),
      method<[](const Tensor& x, const Tensor& low, const Tensor& high) {
        return x.clamp(low, high);
      }>("torchClamp"),
      method<[](const Tensor& condition, const Tensor& x, const Tensor& y) {
        return at::where(condition, x, y);
      }>("torchWhere"),

      method<[](Tensor& x) { x.neg_(); }>("torchNegi"),
      method<[](Tensor& x) { x.sign_(); }>("torchSigni"),
      method<[](Tensor& x, const Tensor& y) { x.add_(y); }>("torchAddi"),
      method<[](Tensor& x, const Tensor& y) { x.sub_(y); }>("torchSubi"),
      method<[](Tensor& x, const Tensor& y) { x.mul_(y); }>("torchMuli"),
      method<[](Tensor& x, const Tensor& y) { x.true_divide_(y); }>("torchTrueDividei"),
      method<[](Tensor& x, const Tensor& y) { x.remainder_(y); }>("torchRemainderi"),
      method<[](Tensor& x, const Tensor& y) { x.pow_(y); }>("torchPowi"),
  };
}

inline std::vector<Method> reductionMethods() {
  return {
      method<[](const Tensor& x, const Tensor& y) { return x.matmul(y); }>("torchMatmul"),
      method<[](const Tensor& x, const Tensor& y) { return x.bmm(y); }>("torchBmm"),
      method<[](const Tensor& x, const Tensor& y) { return x.dot(y); }>("torchDot"),
      method<[](const Tensor& x) { return x.inverse(); }>("torchInverse"),

      method<[](const Tensor& x) { return x.max(); }>("torchMax"),
      method<[](const Tensor& x) { return x.min(); }>("torchMin"),
      method<[](const Tensor& x) { return x.mean(); }>("torchMean"),
      method<[](const Tensor& x) { return x.sum(); }>("torchSum"),
      method<[](const Tensor& x) { return x.prod(); }>("torchProd"),
      method<[](const Tensor& x) { return x.all(); }>("torchAll"),
      method<[](const Tensor& x) { return x.any(); }>("torchAny"),
      method<[](const Tensor& x) { return x.any().logical_not(); }>("torchNone"),
      method<[](const Tensor& x) { return x.argmax(); }>("torchArgMax"),
      method<[](const Tensor& x) { return x.argmin(); }>("torchArgMin"),

      method<[](const Tensor& x, int64_t dim, bool keep) { return std::get<0>(x.max(dim, keep)); }>(
          "torchMax"),
      method<[](const Tensor& x, int64_t dim, bool keep) { return std::get<0>(x.min(dim, keep)); }>(
          "torchMin"),
      method<[](const Tensor& x, int64_t dim, bool keep) { return x.mean(dim, keep); }>(
          "torchMean"),
      method<[](const Tensor& x, Longs dims, bool keep) { return x.sum(dims, keep); }>("torchSum"),
      method<[](const Tensor& x, int64_t dim, bool keep) { return x.prod(dim, keep); }>(
          "torchProd"),
      method<[](const Tensor& x, int64_t dim, bool keep) { return x.argmax(dim, keep); }>(
          "torchArgMax"),
      method<[](const Tensor& x, int64_t dim, bool keep) { return x.argmin(dim, keep); }>(
          "torchArgMin"),
      method<[](const Tensor& x, int64_t dim, bool keep) {
        auto [values, places] = x.median(dim, keep);
        return std::vector<Tensor>{values, places};
      }>("torchMedian"),
      method<[](const Tensor& x, jint order, Longs dims, bool keep) {
        return x.norm(order, dims, keep);
      }>("torchNorm"),
      method<[](const Tensor& x, int64_t dim) { return x.cumsum(dim); }>("torchCumSum"),
      method<[](const Tensor& x, jint times, jint dim) { return x.diff(times, dim); }>("torchDiff"),

      method<[](const Tensor& x, int64_t dim, bool descending) {
        return x.argsort(dim, descending);
      }>("torchArgSort"),
      method<[](const Tensor& x, int64_t dim, bool descending) {
        return std::get<0>(x.sort(dim, descending));
      }>("torchSort"),
      method<[](const Tensor& x, int64_t k, int64_t dim, bool largest, bool sorted) {
        auto [values, places] = x.topk(k, dim, largest, sorted);
        return std::vector<Tensor>{values, places};
      }>("torchTopK"),
      method<[](const Tensor& x) { return x.nonzero(); }>("torchNonZeros"),
  };
}

inline std::vector<Method> gradientMethods() {
  return {
      method<[](Tensor& x, bool on) { x.set_requires_grad(on); }>("torchAttachGrad"),
      method<[](const Tensor& x) {
        return x.grad().defined() ? std::optional(x.grad()) : std::nullopt;
      }>("torchGrad"),
      method<[](const Tensor& x) { return x.detach(); }>("torchDetachGrad"),
      method<[](const Tensor& x, const Tensor& gradient, bool keep, bool create) {
        x.backward(gradient, keep, create);
      }>("torchBackward"),
      method<[](Tensor& x) {
        if (x.grad().defined()) {
          x.mutable_grad().zero_();
        }
      }>("zeroGrad"),
  };
}

}  // namespace ffc
