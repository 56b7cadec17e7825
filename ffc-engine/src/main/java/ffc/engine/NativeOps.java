package ffc.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * PyTorch operators that DJL lacks. The functions of one tensor take part in gradients; the updates
 * work in place on lists and must be called outside of gradient recording.
 */
public final class NativeOps {
  // Numbers that TorchScript writes for torch.channels_last, torch.bfloat16 and torch.float32.
  private static final PtSymbolBlock PRELU =
      function("x: Tensor, slope: Tensor", "torch.prelu(x, slope)");
  // A clone: of one channel, which lies the same way in both layouts, torch.contiguous would leave
  // the strides as they are, and layers that go by the strides would fall back to the other layout.
  private static final PtSymbolBlock CHANNELS_LAST =
      function("x: Tensor", "torch.clone(x, memory_format=2)");
  private static final PtSymbolBlock CONTIGUOUS =
      function("x: Tensor", "torch.contiguous(x, memory_format=0)");
  // As a mean of single pixels: the gradient of a slice would lie in the other layout.
  private static final PtSymbolBlock EVERY_SECOND =
      function(
          "x: Tensor", "torch.contiguous(torch.avg_pool2d(x, [1, 1], [2, 2]), memory_format=2)");
  private static final PtSymbolBlock STRIDES =
      function("x: Tensor", "torch.tensor(torch.stride(x))");
  private static final PtSymbolBlock POINTWISE =
      function(
          "x: Tensor, w: Tensor",
          "torch.permute(torch.linear(torch.permute(x, [0, 2, 3, 1]), torch.flatten(w, 1)),"
              + " [0, 3, 1, 2])");
  private static final PtSymbolBlock LAYER_NORM =
      function(
          "x: Tensor, weight: Tensor, bias: Tensor",
          "torch.layer_norm(x, torch.size(weight), weight, bias)");
  private static final PtSymbolBlock RELU6 = function("x: Tensor", "torch.hardtanh(x, 0., 6.)");
  private static final PtSymbolBlock ATTENTION =
      function("q: Tensor, k: Tensor, v: Tensor", "torch.scaled_dot_product_attention(q, k, v)");
  private static final PtSymbolBlock TO_BF16 = function("x: Tensor", "torch.to(x, 15)");
  private static final PtSymbolBlock TO_F32 = function("x: Tensor", "torch.to(x, 6)");
  private static final PtSymbolBlock INT8_PRODUCTS =
      load(
          """
          class Module(Module):
            __parameters__ = []
            __buffers__ = []
            def forward(self: __torch__.Module,
              rows: Tensor,
              cols: Tensor) -> Tuple[Tensor, Tensor]:
              products = torch._int_mm(rows, torch.t(cols))
              parts = torch.view(products, [torch.size(rows, 0), -1, 32])
              return (products, torch.amax(parts, [-1]))
          """);
  private static final PtSymbolBlock PRODUCT =
      function(
          "x: Tensor, w: Tensor",
          "ops.mkldnn._linear_pointwise(x, w, None, \"none\","
              + " annotate(List[Optional[number]], []), \"\")");
  private static final PtSymbolBlock UPDATES = load(resource("updates.txt"));

  private NativeOps() {}

  private static PtSymbolBlock function(String parameters, String expression) {
    return load(
        "class Module(Module):\n"
            + "  __parameters__ = []\n"
            + "  __buffers__ = []\n"
            + "  def forward(self: __torch__.Module, "
            + parameters
            + ") -> Tensor:\n"
            + "    return "
            + expression
            + "\n");
  }

  private static PtSymbolBlock load(String source) {
    PtNDManager manager =
        // Lives as long as the process; functions of no arrays of their own run on any device.
        (PtNDManager) Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
    try (InputStream in = new ByteArrayInputStream(TorchScriptArchive.of(source))) {
      return JniUtils.loadModule(manager, in, false, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = NativeOps.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static NDArray call(PtSymbolBlock function, NDArray... inputs) {
    // "Training" is what keeps PyTorch from cutting the graph; without recording it changes
    // nothing.
    return IValueUtils.forward(function, new NDList(inputs), true).head();
  }

  /** max(x, 0) + slope min(x, 0); slope f32 [C] for x f32 [B, C, ...]; differentiable in both. */
  public static NDArray prelu(NDArray x, NDArray slope) {
    return call(PRELU, x, slope);
  }

  /** A copy with the channels innermost in memory; x [B, C, H, W]; differentiable. */
  public static NDArray channelsLast(NDArray x) {
    return call(CHANNELS_LAST, x);
  }

  /** Distance in memory of neighbours along each axis, in elements. */
  public static long[] strides(NDArray x) {
    try (NDArray strides = call(STRIDES, x)) {
      return HostReads.longs(strides);
    }
  }

  /** The same values in row-major memory; differentiable. */
  public static NDArray contiguous(NDArray x) {
    return call(CONTIGUOUS, x);
  }

  /** Every second row and column, channels innermost; x [B, C, H, W]; differentiable. */
  public static NDArray everySecond(NDArray x) {
    return call(EVERY_SECOND, x);
  }

  /**
   * Convolution with filters of one pixel, as a matrix product over all pixels.
   *
   * @param x f32 [B, C, H, W]; copied first unless its channels are innermost
   * @param w f32 [O, C, 1, 1]
   * @return f32 [B, O, H, W], channels innermost; differentiable
   */
  public static NDArray pointwise(NDArray x, NDArray w) {
    return call(POINTWISE, x, w);
  }

  /**
   * Layer norm over the last axis with 1e-5 added to the variance; x f32 [..., D], weight and bias
   * f32 [D]; differentiable in all three.
   */
  public static NDArray layerNorm(NDArray x, NDArray weight, NDArray bias) {
    return call(LAYER_NORM, x, weight, bias);
  }

  /** min(max(x, 0), 6); differentiable. */
  public static NDArray relu6(NDArray x) {
    return call(RELU6, x);
  }

  /**
   * softmax(q kᵀ / √d) v by PyTorch's fused kernels, which keep no [N, N] array where they can;
   * differentiable.
   *
   * @param q [B, H, N, d], as k and v
   * @return [B, H, N, d]
   */
  public static NDArray attention(NDArray q, NDArray k, NDArray v) {
    return call(ATTENTION, q, k, v);
  }

  /** Rounded to bfloat16; differentiable. The result may only go into further operators. */
  public static NDArray toBf16(NDArray x) {
    return call(TO_BF16, x);
  }

  /** Widened to f32; differentiable. */
  public static NDArray toF32(NDArray x) {
    return call(TO_F32, x);
  }

  /** Columns whose largest product {@link #int8Products} tells. */
  public static final int INT8_COLUMNS = 32;

  /**
   * Products of rows of 8-bit numbers. They are exact on processors with instructions for them;
   * older ones may cut off sums of large numbers, which the caller must find out.
   *
   * @param rows i8 [R, D]
   * @param cols i8 [C, D], C a multiple of {@value #INT8_COLUMNS}
   * @return i32 [R, C], and the largest of each run of {@value #INT8_COLUMNS} columns, i32 [R, C /
   *     {@value #INT8_COLUMNS}]
   */
  public static NDList int8Products(NDArray rows, NDArray cols) {
    return IValueUtils.forward(INT8_PRODUCTS, new NDList(rows, cols), true);
  }

  /** Sets arrays to zero. */
  public static void zero(NDList arrays) {
    if (!arrays.isEmpty()) {
      update("zero", list(arrays));
    }
  }

  /** targets ← targets + share (ends − targets), array by array. */
  public static void lerp(NDList targets, NDList ends, double share) {
    if (!targets.isEmpty()) {
      update("lerp", list(targets), list(ends), IValue.from(share));
    }
  }

  /**
   * x wᵀ by oneDNN on the CPU, whose f32 kernels use all that the processor has: PyTorch's own
   * product goes through MKL, which takes the 256-bit path on processors of other makers
   * (docs/decisions/040-class-centres.md). No gradients.
   *
   * @param x f32 [m, k]; copied first if its rows are not contiguous; f64 goes through PyTorch's
   *     own product
   * @param w of the same type [n, k], in any layout
   * @return of the same type [m, n], contiguous; registered with the caller's scope
   */
  public static NDArray product(NDArray x, NDArray w) {
    boolean oneDnn = !x.getDevice().isGpu() && x.getDataType() == DataType.FLOAT32;
    return oneDnn ? call(PRODUCT, x, w) : x.matMul(w.transpose());
  }

  /** out ← exp(x). */
  public static void exp(NDArray x, NDArray out) {
    update("exp", value(x), value(out));
  }

  /** x ← values, in the memory that x has, such as a slice's. */
  public static void copy(NDArray values, NDArray x) {
    update("copy", value(x), value(values));
  }

  /** Overwrites some values of a contiguous array, counted row by row. */
  public static void put(NDArray x, NDArray placesI64, NDArray values) {
    update("put", value(x), value(placesI64), value(values));
  }

  /** Overwrites some rows of an array; values [places, ...] for x [rows, ...]. */
  public static void putRows(NDArray x, NDArray placesI64, NDArray values) {
    update("put_rows", value(x), value(placesI64), value(values));
  }

  /** Overwrites some values of a contiguous array with one number. */
  public static void put(NDArray x, NDArray placesI64, double number) {
    update("fill", value(x), value(placesI64), IValue.from(number));
  }

  private static IValue value(NDArray array) {
    return IValue.from((PtNDArray) array);
  }

  /** Euclidean norm over all values of all arrays, on the host. */
  public static double norm(NDList arrays) {
    if (arrays.isEmpty()) {
      return 0;
    }
    try (IValue xs = list(arrays);
        IValue result = IValueUtils.runMethod(UPDATES, "norm", xs);
        NDArray norm = result.toTensor((PtNDManager) arrays.head().getManager())) {
      return HostReads.number(norm);
    }
  }

  /** The values of all arrays, f32, one after the other, on the host. */
  public static float[] flatten(NDList arrays) {
    try (IValue xs = list(arrays);
        IValue result = IValueUtils.runMethod(UPDATES, "flatten", xs);
        NDArray flat = result.toTensor((PtNDManager) arrays.head().getManager())) {
      return HostReads.floats(flat);
    }
  }

  /** Overwrites the values of all arrays by those that {@link #flatten} would give. */
  public static void unflatten(float[] values, NDList arrays) {
    try (NDArray flat = Upload.to(arrays.head().getManager(), values)) {
      update("unflatten", IValue.from((PtNDArray) flat), list(arrays));
    }
  }

  /**
   * Stochastic gradient descent by PyTorch's rule; the gradients are used up.
   *
   * @param velocities empty without momentum
   * @param decay weight decay, added to the gradient
   * @param factor of the gradients, applied first
   */
  public static void sgd(
      NDList weights,
      NDList gradients,
      NDList velocities,
      double rate,
      double momentum,
      boolean nesterov,
      double decay,
      double factor) {
    update(
        "sgd",
        list(weights),
        list(gradients),
        list(velocities),
        IValue.from(rate),
        IValue.from(momentum),
        IValue.from(nesterov),
        IValue.from(decay),
        IValue.from(factor));
  }

  /**
   * Adam with decoupled weight decay by PyTorch's rule; the gradients are used up: they become the
   * denominators, so that no array of a network's size is needed beside it.
   *
   * @param first moving means of the gradients
   * @param second moving means of their squares
   * @param updates made with this one, at least 1
   * @param factor of the gradients, applied first
   */
  public static void adamw(
      NDList weights,
      NDList gradients,
      NDList first,
      NDList second,
      double rate,
      double beta1,
      double beta2,
      double epsilon,
      double decay,
      long updates,
      double factor) {
    update(
        "adamw",
        list(weights),
        list(gradients),
        list(first),
        list(second),
        IValue.from(beta1),
        IValue.from(beta2),
        IValue.from(1 - rate * decay),
        IValue.from(rate / (1 - Math.pow(beta1, updates))),
        IValue.from(Math.sqrt(1 - Math.pow(beta2, updates))),
        IValue.from(epsilon),
        IValue.from(factor));
  }

  private static void update(String method, IValue... arguments) {
    try (IValue none = IValueUtils.runMethod(UPDATES, method, arguments)) {
      for (IValue argument : arguments) {
        argument.close();
      }
    }
  }

  private static IValue list(NDList arrays) {
    return IValue.listFrom(arrays.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
  }
}
