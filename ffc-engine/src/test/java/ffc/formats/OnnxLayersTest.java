package ffc.formats;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.formats.proto.ProtoMessage;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OnnxLayersTest {
  private static final HostTensor MATRIX = HostTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

  private static OnnxModel.Node node(String operator, String output, String... inputs) {
    return new OnnxModel.Node(operator, List.of(inputs), List.of(output), Map.of(), 1e-5f);
  }

  /** PyTorch's exporter writes a layer without a bias as a product with the turned matrix. */
  @Test
  void matricesComeAsRowsOfOutputs() {
    OnnxModel.Node product = node("MatMul", "y", "flat", "m");
    OnnxModel.Node rows =
        new OnnxModel.Node(
            "Gemm", List.of("z", "m"), List.of("u"), Map.of("transB", List.of(1L)), 1e-5f);
    List<OnnxModel.Node> nodes =
        List.of(node("Shape", "s", "x"), node("Reshape", "flat", "x", "s"), product, rows);
    OnnxLayers layers = new OnnxLayers(new OnnxModel(Map.of("m", MATRIX), nodes));

    assertThat(layers.productBehind("x")).isSameAs(product);
    assertThat(layers.weight(product).shape()).containsExactly(3, 2);
    assertThat(layers.weight(product).toFloats()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(layers.weight(rows)).isSameAs(MATRIX);
    assertThat(layers.productBehind("y")).isNull();
  }

  /** PyTorch's exporter stores arrays of equal values once. */
  @Test
  void anArrayIsKnownByAllItsNames() {
    ProtoMessage array =
        new ProtoMessage()
            .integer(1, 2)
            .integer(2, 1)
            .text(8, "slopes")
            .data(9, HostTensor.of(new float[] {7, 8}, 2).data());
    ProtoMessage alias = new ProtoMessage().text(1, "slopes").text(2, "others").text(4, "Identity");
    ProtoMessage graph = new ProtoMessage().message(1, alias).message(5, array);

    OnnxModel model =
        OnnxModel.read(ByteBuffer.wrap(new ProtoMessage().message(7, graph).toByteArray()));

    assertThat(model.arrays()).containsOnlyKeys("slopes", "others");
    assertThat(model.arrays().get("others").toFloats()).containsExactly(7, 8);
  }
}
