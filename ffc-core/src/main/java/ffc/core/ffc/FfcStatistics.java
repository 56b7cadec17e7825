package ffc.core.ffc;

import java.util.LinkedHashMap;
import java.util.Map;

/** Averages over a report interval of what the samples of FFC meet. */
final class FfcStatistics {
  private long idSamples;
  private long idExisting;
  private long instanceSamples;
  private long instanceExisting;
  private double cosineSum;
  private long cosineCount;

  /** Counts the samples of one pass; rows below idPairs come from the ID loader. */
  void samples(int[] slots, int idPairs) {
    for (int i = 0; i < slots.length; i++) {
      int existing = slots[i] >= 0 ? 1 : 0;
      if (i < idPairs) {
        idSamples++;
        idExisting += existing;
      } else {
        instanceSamples++;
        instanceExisting += existing;
      }
    }
  }

  /** Mean cosine between probe and gallery features of row-wise partners. */
  void cosine(double mean) {
    cosineSum += mean;
    cosineCount++;
  }

  /** The averages since the last call, by report name. */
  Map<String, Double> take() {
    Map<String, Double> figures = new LinkedHashMap<>();
    if (idSamples > 0) {
      figures.put("existing_share_id_loader", (double) idExisting / idSamples);
    }
    if (instanceSamples > 0) {
      figures.put("existing_share_instance_loader", (double) instanceExisting / instanceSamples);
    }
    if (cosineCount > 0) {
      figures.put("probe_gallery_cosine", cosineSum / cosineCount);
    }
    idSamples = 0;
    idExisting = 0;
    instanceSamples = 0;
    instanceExisting = 0;
    cosineSum = 0;
    cosineCount = 0;
    return figures;
  }
}
