package ffc.eval.search;

/** The highest scores of many searches, each an ascending run of one array. */
public final class TopScores {
  private TopScores() {}

  /** Puts a score into the run [from, from + length) if it is among its highest. */
  public static void offer(float[] runs, int from, int length, float score) {
    if (score <= runs[from]) {
      return;
    }
    int at = from;
    int last = from + length - 1;
    while (at < last && runs[at + 1] < score) {
      runs[at] = runs[at + 1];
      at++;
    }
    runs[at] = score;
  }
}
