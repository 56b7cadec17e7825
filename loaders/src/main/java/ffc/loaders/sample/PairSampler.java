package ffc.loaders.sample;

import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import java.util.BitSet;

/**
 * Chooses the images of every batch: a pure function of seed, cursor, rank and configuration, in
 * constant memory. The world's draws of a step are consecutive positions of the two orders; ranks
 * take consecutive parts of them. Thread-safe.
 */
public final class PairSampler {
  private static final long IDS = 1;
  private static final long INSTANCES = 2;
  private static final long BLOCKS = 3;

  private final Dataset data;
  private final DataConfig config;
  private final int rank;
  private final int trainers;
  private final Order ids;
  private final Order instances;
  private final long idKey;
  private final long instanceKey;

  /**
   * @param rank this trainer, in [0, trainers)
   * @param trainers trainers in the world, each drawing the same number of images
   */
  public PairSampler(Dataset data, DataConfig config, long seed, int rank, int trainers) {
    if (rank < 0 || rank >= trainers) {
      throw new IllegalArgumentException(
          "rank is " + rank + ", wanted 0 to trainers - 1 = " + (trainers - 1));
    }
    if (config.instancesPerBatch() % 2 != 0) {
      throw new IllegalArgumentException(
          "data.instancesPerBatch is " + config.instancesPerBatch() + ", wanted an even number");
    }
    if (config.pairsPerBatch() == 0) {
      throw new IllegalArgumentException(
          "data.idsPerBatch and data.instancesPerBatch are both 0: nothing to train on");
    }
    this.data = data;
    this.config = config;
    this.rank = rank;
    this.trainers = trainers;
    this.idKey = Keyed.hash(seed, IDS);
    this.instanceKey = Keyed.hash(seed, INSTANCES);
    if (config.localityBlock() > 0) {
      if (skipsSingles() || config.idPower() > 0 || config.mix() != null) {
        throw new IllegalArgumentException(
            "data.localityBlock needs data.singleImage: augment or alone, data.idPower: 0 and no"
                + " data.mix; else the loaders leave their blocks");
      }
      Blocks blocks = new Blocks(data, config.localityBlock(), Keyed.hash(seed, BLOCKS));
      this.ids = new BlockIdOrder(blocks, idKey);
      this.instances = new BlockInstanceOrder(blocks, instanceKey, fractionOfRound());
    } else {
      this.ids = new ShuffledOrder(config.idPower() > 0 ? data.images() : data.identities(), idKey);
      this.instances = new ShuffledOrder(data.images(), instanceKey);
    }
  }

  /**
   * Share of all images that the instance loader draws while the ID loader passes once over the
   * identities; all of them where one of the two is alone.
   */
  private double fractionOfRound() {
    int draws = instanceDraws(0);
    return config.idsPerBatch() == 0 || draws == 0
        ? 1
        : (double) data.identities() / config.idsPerBatch() * draws / data.images();
  }

  /** Images that a trainer's instance loader draws from its order in a step. */
  private int instanceDraws(long step) {
    int rows = config.pairsPerBatch() - config.idsOfBatch(step);
    return config.instancePartner() ? rows : 2 * rows;
  }

  /** The cursor behind a batch: what all trainers together take from both orders. */
  public Cursor after(Cursor start) {
    SamplerPosition place = new SamplerPosition(ids.size(), start.idEpoch(), start.idPosition());
    skipIdentities(place, Math.multiplyExact(config.idsOfBatch(start.step()), trainers));
    SamplerPosition images = new SamplerPosition(instances.size(), start.epoch(), start.position());
    images.skip((long) instanceDraws(start.step()) * trainers);
    return new Cursor(
        place.epoch(),
        place.position(),
        images.epoch(),
        images.position(),
        start.skipped(),
        start.step() + 1);
  }

  private void skipIdentities(SamplerPosition place, int draws) {
    if (!skipsSingles() && config.idPower() == 0) {
      place.skip(draws);
      return;
    }
    for (int i = 0; i < draws; i++) {
      nextIdentity(place);
    }
  }

  /** This trainer's part of the batch that begins at a cursor. */
  public PairPlan plan(Cursor start, Cursor next) {
    int pairs = config.pairsPerBatch();
    int idPairs = config.idsOfBatch(start.step());
    PairPlan plan =
        new PairPlan(
            new long[pairs],
            new long[pairs],
            new long[pairs],
            new long[pairs],
            idPairs,
            new BitSet(pairs),
            start,
            next);
    drawIdentities(plan);
    drawInstances(plan);
    return plan;
  }

  private void drawIdentities(PairPlan plan) {
    Cursor start = plan.start();
    SamplerPosition place = new SamplerPosition(ids.size(), start.idEpoch(), start.idPosition());
    skipIdentities(place, rank * plan.idPairs());
    for (int row = 0; row < plan.idPairs(); row++) {
      long identity = nextIdentity(place);
      long key = Keyed.hash(idKey, place.lastEpoch(), place.lastPosition());
      long first = data.firstImage(identity);
      long count = data.firstImage(identity + 1) - first;
      long one = Keyed.below(Keyed.hash(key, 0), count);
      plan.x()[row] = first + one;
      drawOther(plan, row, identity, Keyed.hash(key, 1));
      plan.xKeys()[row] = Keyed.hash(key, 2);
      plan.yKeys()[row] = Keyed.hash(key, 3);
    }
  }

  /**
   * Gives an image of side x its other side: another image of its identity, uniformly; where there
   * is none the same one, or any image of the set.
   */
  private void drawOther(PairPlan plan, int row, long identity, long random) {
    long first = data.firstImage(identity);
    long count = data.firstImage(identity + 1) - first;
    if (count == 1 && config.singleImage() == DataConfig.SingleImage.alone) {
      plan.y()[row] = Keyed.below(random, data.images());
      return;
    }
    plan.pairs().set(row);
    long one = plan.x()[row] - first;
    plan.y()[row] = first + (count == 1 ? one : (one + 1 + Keyed.below(random, count - 1)) % count);
  }

  private void drawInstances(PairPlan plan) {
    SamplerPosition place =
        new SamplerPosition(instances.size(), plan.start().epoch(), plan.start().position());
    place.skip((long) rank * instanceDraws(plan.start().step()));
    for (int row = plan.idPairs(); row < plan.x().length; row++) {
      long image = instances.at(place.epoch(), place.position());
      long key = Keyed.hash(instanceKey, place.epoch(), place.position());
      place.skip(1);
      plan.x()[row] = image;
      plan.xKeys()[row] = Keyed.hash(key, 2);
      if (config.instancePartner()) {
        drawOther(plan, row, data.identityOf(image), Keyed.hash(key, 1));
        plan.yKeys()[row] = Keyed.hash(key, 3);
      } else {
        plan.y()[row] = instances.at(place.epoch(), place.position());
        plan.yKeys()[row] = Keyed.hash(instanceKey, place.epoch(), place.position(), 2);
        place.skip(1);
      }
    }
  }

  private boolean skipsSingles() {
    return config.singleImage() == DataConfig.SingleImage.skip;
  }

  /**
   * The next identity that the policy lets through. Where identities are drawn in proportion to
   * n^a, a walk over all images takes an image's identity with probability n^(a - 1): expected
   * draws are those of identities with replacement, but no image has a second turn in an epoch.
   */
  private long nextIdentity(SamplerPosition place) {
    for (long walked = 0; ; walked++) {
      long at = ids.at(place.epoch(), place.position());
      long identity = config.idPower() > 0 ? data.identityOf(at) : at;
      place.skip(1);
      long count = data.imageCount(identity);
      if ((!skipsSingles() || count > 1) && isDrawn(place, count)) {
        return identity;
      }
      if (skipsSingles() && walked > 2 * ids.size()) {
        throw new IllegalArgumentException(
            data.name()
                + ": every identity has a single image, which data.singleImage: skip leaves out;"
                + " use augment, or data.idsPerBatch: 0");
      }
    }
  }

  private boolean isDrawn(SamplerPosition place, long count) {
    if (config.idPower() == 0 || count == 1) {
      return true;
    }
    long key = Keyed.hash(idKey, place.lastEpoch(), place.lastPosition(), 4);
    return (key >>> 11) * 0x1p-53 < StrictMath.pow(count, config.idPower() - 1);
  }
}
