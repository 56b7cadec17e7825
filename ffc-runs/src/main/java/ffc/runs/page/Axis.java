package ffc.runs.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The range of a chart in one direction, its ticks and their labels. */
record Axis(double low, double high, boolean log, List<Double> ticks) {

  /** A linear axis that covers the values with round ends. */
  static Axis linear(double min, double max, int wanted) {
    if (!(max > min)) {
      double margin = min == 0 ? 1 : Math.abs(min) * 0.1;
      return linear(min - margin, min + margin, wanted);
    }
    double step = niceStep((max - min) / wanted);
    double low = Math.floor(min / step + 1e-9) * step;
    double high = Math.ceil(max / step - 1e-9) * step;
    List<Double> ticks = new ArrayList<>();
    for (long i = Math.round(low / step); i <= Math.round(high / step); i++) {
      ticks.add(i * step);
    }
    return new Axis(low, high, false, ticks);
  }

  /** A linear axis that ends where the values do; a single value has the only tick. */
  static Axis tight(double min, double max, int wanted) {
    if (!(max > min)) {
      return new Axis(min - 1, min + 1, false, List.of(min));
    }
    Axis round = linear(min, max, wanted);
    return new Axis(
        min, max, false, round.ticks.stream().filter(t -> t >= min && t <= max).toList());
  }

  /** A logarithmic axis with ticks at powers of ten; of two decades or less at 1, 2 and 5, too. */
  static Axis logarithmic(double min, double max) {
    int from = (int) Math.floor(Math.log10(min) + 1e-9);
    int to = Math.max(from + 1, (int) Math.ceil(Math.log10(max) - 1e-9));
    boolean few = to - from <= 2;
    List<Double> ticks = new ArrayList<>();
    for (int i = from; i <= to; i++) {
      for (int digit : few && i < to ? new int[] {1, 2, 5} : new int[] {1}) {
        ticks.add(digit * Math.pow(10, i));
      }
    }
    while (few && ticks.size() > 2 && ticks.get(1) <= min * (1 + 1e-9)) {
      ticks.remove(0);
    }
    while (few && ticks.size() > 2 && ticks.get(ticks.size() - 2) >= max * (1 - 1e-9)) {
      ticks.remove(ticks.size() - 1);
    }
    return new Axis(ticks.get(0), ticks.get(ticks.size() - 1), true, ticks);
  }

  private static double niceStep(double rough) {
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double unit = rough / power;
    return power * (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 2.5 ? 2.5 : unit <= 5 ? 5 : 10);
  }

  /** Where a value lies, 0 at the low end, 1 at the high end. */
  double position(double value) {
    return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  }

  /** A tick's label, with no more digits than the distance of the ticks asks for. */
  String label(double tick) {
    if (log) {
      int exponent = (int) Math.floor(Math.log10(tick) + 1e-9);
      if (high / low > 101 || exponent < -3 || exponent > 3) {
        return exponent == 0 ? "1" : Math.round(tick / Math.pow(10, exponent)) + "e" + exponent;
      }
      return String.format(Locale.ROOT, "%." + Math.max(0, -exponent) + "f", tick);
    }
    double size = Math.max(Math.abs(low), Math.abs(high));
    double step = ticks.size() > 1 ? ticks.get(1) - ticks.get(0) : size;
    if (size >= 10_000) {
      double unit = size >= 1e9 ? 1e9 : size >= 1e6 ? 1e6 : 1e3;
      String suffix = unit == 1e9 ? "G" : unit == 1e6 ? "M" : "k";
      return tick == 0 ? "0" : decimals(tick / unit, step / unit) + suffix;
    }
    if (size < 1e-3 && tick != 0) {
      return String.format(Locale.ROOT, "%.1e", tick).replace("e-0", "e-");
    }
    return decimals(tick, step);
  }

  private static String decimals(double value, double step) {
    int digits = Math.max(0, (int) Math.ceil(-Math.log10(step) - 1e-9));
    if (Math.abs(step * Math.pow(10, digits) - Math.rint(step * Math.pow(10, digits))) > 1e-6) {
      digits++; // steps of 0.25 need one digit more than their size tells
    }
    String text = String.format(Locale.ROOT, "%." + digits + "f", value);
    return text.matches("-0(\\.0*)?") ? text.substring(1) : text;
  }
}
