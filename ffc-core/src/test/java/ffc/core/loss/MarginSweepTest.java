package ffc.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Autograd;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every margin over all angles in both precisions, value and slope, against the formula of its
 * paper in terms of the angle.
 */
class MarginSweepTest {
  /** 0 to 180 degrees. */
  private static final double[] ANGLES =
      IntStream.rangeClosed(0, 1440).mapToDouble(i -> Math.PI * i / 1440).toArray();

  private NDManager manager;

  /**
   * @param value of the angle, radians
   * @param slope d value / d cosine, of the angle
   */
  private record Formula(String config, DoubleUnaryOperator value, DoubleUnaryOperator slope) {
    @Override
    public String toString() {
      return config;
    }
  }

  private static Formula cosine(String config, double m) {
    return new Formula(config, a -> Math.cos(a) - m, a -> 1);
  }

  private static Formula arc(double m) {
    return new Formula(
        "{\"type\": \"arcface\", \"margin\": " + m + "}",
        a -> a + m <= Math.PI ? Math.cos(a + m) : Math.cos(a) - m * Math.sin(m),
        a -> a + m <= Math.PI ? Math.sin(a + m) / Math.sin(a) : 1);
  }

  /** The same values, the margin being a constant to the gradient. */
  private static Formula detached(Formula exact) {
    return new Formula(
        exact.config().replace("}", ", \"angleGradient\": \"detached\"}"), exact.value(), a -> 1);
  }

  private static Formula combined(double m1, double m2, double m3) {
    return new Formula(
        "{\"type\": \"combined\", \"m1\": %s, \"m2\": %s, \"m3\": %s}".formatted(m1, m2, m3),
        a -> {
          double angle = m1 * a + m2;
          return (angle <= Math.PI ? Math.cos(angle) : -1 - (angle - Math.PI)) - m3;
        },
        a -> m1 * (m1 * a + m2 <= Math.PI ? Math.sin(m1 * a + m2) : 1) / Math.sin(a));
  }

  static Stream<Formula> formulas() {
    return Stream.of(
        cosine("{\"type\": \"cosface\", \"margin\": 0.4}", 0.4),
        cosine("{\"type\": \"cosface\", \"margin\": 0.25}", 0.25),
        cosine("{\"type\": \"normface\"}", 0),
        arc(0.5),
        arc(0.3),
        combined(1, 0.3, 0.2),
        combined(1.35, 0.5, 0.1),
        combined(0.9, 0.4, 0.15),
        detached(arc(0.5)),
        detached(combined(1, 0.5, 0)),
        detached(combined(1.35, 0.5, 0.1)),
        new Formula(
            "{\"type\": \"sv\", \"margin\": 0.3}",
            a -> Math.cos(a) > 0.3 ? Math.cos(a) - 0.3 : Math.cos(a),
            a -> 1));
  }

  private static Margin margin(String config) {
    return Margin.of(JsonMapper.shared().readValue(config, MarginConfig.class));
  }

  @BeforeEach
  void open() {
    Autograd.off();
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void targetsFollowTheirFormulaOverAllAngles(Formula formula) {
    for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
      NDArray cosines =
          manager
              .create(
                  IntStream.range(0, ANGLES.length).mapToDouble(i -> Math.cos(ANGLES[i])).toArray())
              .toType(type, true);
      Margin.Target target = margin(formula.config()).target(cosines);
      assertThat(target.valueB().getDataType()).isEqualTo(type);
      double[] value = target.valueB().toType(DataType.FLOAT64, false).toDoubleArray();
      double[] slope = target.slopeB().toType(DataType.FLOAT64, false).toDoubleArray();
      double rounding = type == DataType.FLOAT32 ? 1.2e-7 : 2.3e-16;
      for (int i = 0; i < ANGLES.length; i++) {
        // A cosine is kept 1e-6 off ±1, where the slope of the angle has no bound.
        double clamp = Math.acos(1 - Margin.EDGE);
        double angle = Math.min(Math.PI - clamp, Math.max(clamp, ANGLES[i]));
        double sine = Math.sin(angle);
        String at = formula + ", " + type + ", " + Math.toDegrees(ANGLES[i]) + " degrees";
        assertThat(value[i])
            .as(at)
            .isCloseTo(formula.value().applyAsDouble(angle), within(1.1e-6 + 8 * rounding / sine));
        double wanted = formula.slope().applyAsDouble(angle);
        assertThat(slope[i])
            .as("slope, " + at)
            .isCloseTo(
                wanted, within(8 * rounding * (1 + Math.abs(wanted)) * (1 + 1 / (sine * sine))));
      }
    }
  }

  /** Targets below, at and above the margin. */
  @ParameterizedTest
  @CsvSource({"0.9, 1.2", "0.31, 1.2", "0.0, 1.05", "-0.8, 1.5"})
  void hardNegativesOfTheSupportVectorLossFollowTheirFormulaOverAllAngles(double p, double t) {
    double m = 0.3;
    for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
      NDArray cosBK =
          manager
              .create(
                  IntStream.range(0, ANGLES.length).mapToDouble(i -> Math.cos(ANGLES[i])).toArray(),
                  new Shape(1, ANGLES.length))
              .toType(type, true);
      NDArray slope =
          margin("{\"type\": \"sv\", \"margin\": " + m + ", \"t\": " + t + "}")
              .negatives(cosBK, manager.create(new double[] {p}).toType(type, true));
      double[] values = cosBK.toType(DataType.FLOAT64, false).toDoubleArray();
      double[] slopes = slope.toType(DataType.FLOAT64, false).toDoubleArray();
      for (int i = 0; i < ANGLES.length; i++) {
        double c = Math.cos(ANGLES[i]);
        boolean hard = c > p - m;
        String at = "target " + p + ", " + type + ", " + Math.toDegrees(ANGLES[i]) + " degrees";
        assertThat(values[i]).as(at).isCloseTo(hard ? t * c + t - 1 : c, within(1e-6));
        assertThat(slopes[i]).as(at).isCloseTo(hard ? t : 1, within(1e-6));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void otherMarginsLeaveNegativesAlone(Formula formula) {
    if (!formula.config().contains("\"sv\"")) {
      NDArray cosBK = manager.create(new float[] {0.9f, 0.1f}, new Shape(1, 2));
      assertThat(margin(formula.config()).negatives(cosBK, cosBK)).isNull();
      assertThat(cosBK.toFloatArray()).containsExactly(0.9f, 0.1f);
    }
  }
}
