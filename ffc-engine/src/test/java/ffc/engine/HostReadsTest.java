package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HostReadsTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void valuesAreThoseOfTheArray() {
    assertThat(HostReads.floats(manager.create(new float[] {1, -2.5f}))).containsExactly(1, -2.5f);
    assertThat(HostReads.longs(manager.create(new long[] {3, 1L << 40})))
        .containsExactly(3, 1L << 40);
    assertThat(HostReads.doubles(manager.create(new float[] {0.1f}))).containsExactly(0.1f);
    assertThat(HostReads.doubles(manager.create(new double[] {0.1}))).containsExactly(0.1);
    assertThat(HostReads.number(manager.create(7L))).isEqualTo(7);
    assertThat(HostReads.bytes(manager.create(new byte[] {1, 2})).remaining()).isEqualTo(2);
  }

  /** What a read of a GPU's array does, but for the copy: DJL hangs it on the alias's manager. */
  @Test
  void whatAReadMakesUnderTheArraysManagerGoesWithIt() {
    NDArray array = manager.create(new float[] {1, 2, 3});
    NDArray[] left = new NDArray[1];
    NDManager[] made = new NDManager[1];
    float[] values =
        HostReads.passing(
            array,
            read -> {
              assertThat(((PtNDArray) read).getHandle())
                  .isNotEqualTo(((PtNDArray) array).getHandle());
              made[0] = read.getManager().newSubManager();
              left[0] = made[0].create(1f);
              return read.toFloatArray();
            });
    assertThat(values).containsExactly(1, 2, 3);
    assertThat(List.of(left[0].isReleased(), !made[0].isOpen(), array.isReleased()))
        .containsExactly(true, true, false);
  }

  @Test
  void anArrayThatTakesPartInGradientsCanBeRead() {
    NDArray weight = manager.create(new float[] {2}).toType(DataType.FLOAT32, false);
    weight.setRequiresGradient(true);
    assertThat(HostReads.<float[]>passing(weight, NDArray::toFloatArray)).containsExactly(2);
    assertThat(weight.hasGradient()).isTrue();
  }

  @Test
  void readersOfListsGetTheArraysByName() throws Exception {
    NDArray array = manager.create(new float[] {1});
    array.setName("layer.weight");
    HostReads.all(
        new NDList(array), list -> assertThat(list.head().getName()).isEqualTo("layer.weight"));
  }
}
