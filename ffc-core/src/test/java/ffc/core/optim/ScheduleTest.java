package ffc.core.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.core.optim.OptimizerConfig.Course;
import ffc.core.optim.OptimizerConfig.ScheduleConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScheduleTest {
  private static Schedule schedule(Course course, int warmup, Long steps) {
    return new Schedule(
        0.8, new ScheduleConfig(course, warmup, steps, List.of(40L, 80L), 0.1, 2.0, 0.0), 110);
  }

  @ParameterizedTest
  @EnumSource(Course.class)
  void warmUpRisesInALineToThePeak(Course course) {
    Schedule s = schedule(course, 10, null);
    assertThat(s.at(0)).isCloseTo(0.08, within(1e-12));
    assertThat(s.at(4)).isCloseTo(0.4, within(1e-12));
    assertThat(s.at(9)).isCloseTo(0.8, within(1e-12));
    assertThat(s.at(10)).isCloseTo(0.8, within(1e-12));
  }

  @Test
  void coursesPassThroughTheirFormulaHalfWay() {
    assertThat(schedule(Course.constant, 10, null).at(60)).isEqualTo(0.8);
    assertThat(schedule(Course.linear, 10, null).at(60)).isCloseTo(0.4, within(1e-12));
    assertThat(schedule(Course.cosine, 10, null).at(60)).isCloseTo(0.4, within(1e-12));
    assertThat(schedule(Course.polynomial, 10, null).at(60)).isCloseTo(0.2, within(1e-12));
    assertThat(schedule(Course.multistep, 10, null).at(39)).isEqualTo(0.8);
    assertThat(schedule(Course.multistep, 10, null).at(40)).isCloseTo(0.08, within(1e-12));
    assertThat(schedule(Course.multistep, 10, null).at(90)).isCloseTo(0.008, within(1e-12));
  }

  @Test
  void endsAtTheFinalRateAndStaysThere() {
    assertThat(schedule(Course.cosine, 0, 50L).at(50)).isCloseTo(0, within(1e-12));
    assertThat(schedule(Course.linear, 0, 50L).at(500)).isZero();
  }

  @ParameterizedTest
  @EnumSource(Course.class)
  void warmUpLongerThanTheRunIsValid(Course course) {
    Schedule s = schedule(course, 400, null);
    assertThat(s.at(109)).isCloseTo(0.8 * 110 / 400, within(1e-12));
  }
}
