package ffc.exchange;

import java.util.List;
import java.util.Map;

/** One trainer alone: no network, no copy. */
public final class LocalExchange implements GroupExchange {
  @Override
  public boolean begin(Replica replica) {
    return true;
  }

  @Override
  public boolean rejoin() {
    return true;
  }

  @Override
  public boolean isAlone() {
    return true;
  }

  @Override
  public int trainers() {
    return 1;
  }

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public void beginStep(long step) {}

  @Override
  public GlobalBatch exchange(long step, Contribution mine) {
    return GlobalBatch.of(List.of(mine));
  }

  @Override
  public void allReduceSum(float[] values, Wire wire) {}

  @Override
  public List<byte[]> allGather(byte[] mine) {
    return List.of(mine);
  }

  @Override
  public List<byte[]> meet(byte[] mine) {
    return List.of(mine);
  }

  @Override
  public Map<String, Double> statistics() {
    return Map.of();
  }

  @Override
  public void finish() {}

  @Override
  public void giveUp() {}

  @Override
  public void close() {}
}
