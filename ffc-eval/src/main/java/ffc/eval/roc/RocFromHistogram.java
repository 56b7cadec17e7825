package ffc.eval.roc;

import java.util.ArrayList;
import java.util.List;

/** Reads true accept rates off a histogram of similarities, from the top bin down. */
public final class RocFromHistogram {
  private final SimilarityHistogram histogram;

  public RocFromHistogram(SimilarityHistogram histogram) {
    this.histogram = histogram;
  }

  /** Rates at {@link TarAtFar#FARS}, as far as the impostor pairs reach. */
  public List<TarAtFar> rates() {
    List<TarAtFar> rates = new ArrayList<>();
    for (double far : TarAtFar.FARS) {
      if (allowed(far) >= 1 && resolved(at(far))) {
        rates.add(at(far));
      }
    }
    return List.copyOf(rates);
  }

  /** Points at four false accept rates a decade, from the finest that one pair resolves to 1. */
  public List<EvalResult.RocPoint> points() {
    List<EvalResult.RocPoint> points = new ArrayList<>();
    for (int quarter = -36; quarter < 0; quarter++) {
      double far = Math.pow(10, quarter / 4.0);
      if (allowed(far) >= 1 && resolved(at(far))) {
        points.add(new EvalResult.RocPoint(far, at(far).tar()));
      }
    }
    points.add(new EvalResult.RocPoint(1, 1));
    return List.copyOf(points);
  }

  /** The rate whose threshold is the upper edge of the bin that holds the deciding impostor. */
  public TarAtFar at(double far) {
    long allowed = allowed(far);
    long genuine = 0;
    long impostors = 0;
    int bin = SimilarityHistogram.BINS - 1;
    while (bin > 0 && impostors + histogram.impostor(bin) <= allowed) {
      impostors += histogram.impostor(bin);
      genuine += histogram.genuine(bin);
      bin--;
    }
    return new TarAtFar(
        far,
        (double) genuine / histogram.genuinePairs(),
        (double) histogram.genuine(bin) / histogram.genuinePairs(),
        SimilarityHistogram.edge(bin + 1),
        impostors);
  }

  private boolean resolved(TarAtFar rate) {
    return histogram.resolved(SimilarityHistogram.bin((float) rate.threshold()));
  }

  /** ⌊F·N⌋; the tiny factor undoes the rounding of a decimal F such as 1e-3 times 1000. */
  private long allowed(double far) {
    return (long) Math.floor(far * histogram.impostorPairs() * (1 + 1e-12));
  }
}
