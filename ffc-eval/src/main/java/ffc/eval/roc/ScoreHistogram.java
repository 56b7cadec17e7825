package ffc.eval.roc;

/**
 * How the similarities of a set are spread, for plots: pairs in even bins. Bin i holds similarities
 * from {@code low + i width} on.
 *
 * @param low lower edge of the first bin, in [-1, 1]
 * @param width of a bin
 * @param genuine pairs of one identity by bin
 * @param impostor pairs of two identities by bin; of large sets those of a random sample
 */
public record ScoreHistogram(double low, double width, long[] genuine, long[] impostor) {}
