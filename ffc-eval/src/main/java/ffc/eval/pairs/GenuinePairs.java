package ffc.eval.pairs;

import ffc.eval.roc.Bootstrap;
import ffc.eval.roc.IdentityGroup;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The genuine pairs of a list with their scores, by identity: templates that are the same person,
 * directly or through others.
 *
 * @param scores of the genuine pairs
 * @param identity of each, from 0
 * @param identities how many there are
 */
record GenuinePairs(float[] scores, int[] identity, int identities) {

  /**
   * Takes the genuine pairs out of a list.
   *
   * @param scores of all pairs
   */
  static GenuinePairs of(Templates.Pairs pairs, float[] scores) {
    Map<Integer, Integer> parent = new HashMap<>();
    int count = 0;
    for (int i = 0; i < scores.length; i++) {
      if (pairs.same()[i]) {
        count++;
        parent.put(root(parent, pairs.first()[i]), root(parent, pairs.second()[i]));
      }
    }
    Map<Integer, Integer> numbers = new HashMap<>();
    float[] own = new float[count];
    int[] identity = new int[count];
    int at = 0;
    for (int i = 0; i < scores.length; i++) {
      if (pairs.same()[i]) {
        int root = root(parent, pairs.first()[i]);
        numbers.putIfAbsent(root, numbers.size());
        own[at] = scores[i];
        identity[at++] = numbers.get(root);
      }
    }
    return new GenuinePairs(own, identity, numbers.size());
  }

  private static int root(Map<Integer, Integer> parent, int template) {
    int root = template;
    for (int up = parent.getOrDefault(root, root); up != root; up = parent.get(root)) {
      root = up;
    }
    for (int at = template; at != root; ) { // so that no later way is long
      int up = parent.get(at);
      parent.put(at, root);
      at = up;
    }
    parent.putIfAbsent(root, root);
    return root;
  }

  /**
   * The share of pairs that a threshold accepts, with its interval.
   *
   * @param tar the share; the pairs with the highest scores are those
   */
  IdentityGroup.Share share(double tar) {
    int accepted = (int) Math.round(tar * scores.length);
    float[] sorted = scores.clone();
    Arrays.sort(sorted);
    double threshold = accepted == 0 ? Double.POSITIVE_INFINITY : sorted[scores.length - accepted];
    long[] hits = new long[identities];
    long[] trials = new long[identities];
    for (int i = 0; i < scores.length; i++) {
      trials[identity[i]]++;
      hits[identity[i]] += scores[i] >= threshold ? 1 : 0;
    }
    Bootstrap.Interval interval = Bootstrap.of(hits, trials, 1000, 0.95, 1);
    return new IdentityGroup.Share(tar, interval.low(), interval.high(), scores.length);
  }
}
