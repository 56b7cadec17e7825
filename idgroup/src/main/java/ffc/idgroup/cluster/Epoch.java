package ffc.idgroup.cluster;

import com.hazelcast.ringbuffer.OverflowPolicy;
import com.hazelcast.ringbuffer.Ringbuffer;
import ffc.idgroup.EpochEndedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One membership epoch as a trainer takes part in it: the rings, one writer each, and waits that
 * end when the epoch does.
 */
final class Epoch {
  private final Plan plan;
  private final int position;
  private final ClusterMember member;
  private final List<Ringbuffer<byte[]>> groupRings = new ArrayList<>();
  private final CompletableFuture<Object> end = new CompletableFuture<>();
  private long nextGather;
  private long bytesSent;

  Epoch(ClusterMember member, Plan plan) {
    this.member = member;
    this.plan = plan;
    position = plan.positionOf(member.card().incarnation());
    for (Plan.Part part : plan.parts()) {
      groupRings.add(member.ring(ringName("group", plan, part, part)));
    }
  }

  private static String ringName(String kind, Plan plan, Plan.Part writer, Plan.Part reader) {
    return String.format(
        "%s-e%d-%016x-r%d-r%d@%s",
        kind, plan.epoch(), plan.nonce(), writer.rank(), reader.rank(), writer.ringKey());
  }

  /** Frees the rings of an epoch that nobody reads any more. */
  static void destroyRings(ClusterMember member, Plan plan) {
    for (Plan.Part writer : plan.parts()) {
      member.ring(ringName("group", plan, writer, writer)).destroy();
      for (Plan.Part reader : plan.parts()) {
        member.ring(ringName("chunks", plan, writer, reader)).destroy();
      }
    }
  }

  Plan plan() {
    return plan;
  }

  /** This trainer's place among those of the epoch. */
  int position() {
    return position;
  }

  int size() {
    return plan.parts().size();
  }

  Frames frames() {
    return member.frames();
  }

  /** The ring of chunks from one trainer to another, or to all where both are the same. */
  Ringbuffer<byte[]> chunkRing(int writer, int reader) {
    return member.ring(
        ringName("chunks", plan, plan.parts().get(writer), plan.parts().get(reader)));
  }

  /** Bytes this trainer has written to rings in this epoch. */
  long bytesSent() {
    return bytesSent;
  }

  /** Ends the epoch: every wait, present and future, fails with an {@link EpochEndedException}. */
  void end(String reason) {
    end.complete(reason);
  }

  boolean hasEnded() {
    return end.isDone();
  }

  /** Throws if the epoch has ended. */
  void checkOpen() {
    if (end.isDone()) {
      throw new EpochEndedException((String) end.join());
    }
  }

  /** A frame of one trainer, opened. */
  record Part(int position, Frames.Content content) {}

  /**
   * Gives a record and waits for the others' of the same kind and tag.
   *
   * @param frame from {@link Frames#begin} with this epoch's nonce, this trainer's rank and the tag
   * @param tag step or number that all records must carry
   * @param deadlineSeconds longest wait for one of them
   * @return the others' parts, by ascending rank
   */
  List<Part> gather(int kind, long tag, ByteBuffer frame, int deadlineSeconds) {
    byte[] bytes = member.frames().seal(frame);
    long sequence = nextGather++;
    CompletionStage<Long> written = write(groupRings.get(position), bytes, sequence);
    List<CompletionStage<byte[]>> reads = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      reads.add(i == position ? null : read(groupRings.get(i), sequence));
    }
    await(written, position, tag);
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      if (i != position) {
        int rank = plan.parts().get(i).rank();
        byte[] theirs = await(reads.get(i), i, tag, deadlineSeconds);
        String what = "record of rank " + rank + " at step " + tag;
        parts.add(new Part(i, member.frames().open(theirs, kind, plan.nonce(), tag, rank, what)));
      }
    }
    return parts;
  }

  ByteBuffer begin(int kind, long tag, int flags, int length) {
    int rank = plan.parts().get(position).rank();
    return member.frames().begin(kind, plan.nonce(), tag, rank, flags, length);
  }

  /** Writes this trainer's next record, which must get this sequence. */
  CompletionStage<Long> write(Ringbuffer<byte[]> ring, byte[] bytes, long sequence) {
    bytesSent += bytes.length;
    return ring.addAsync(bytes, OverflowPolicy.OVERWRITE)
        .thenApply(got -> checkSequence(got, sequence));
  }

  /** The item of exactly this sequence: a ring that has lost it answers with a later one. */
  CompletionStage<byte[]> read(Ringbuffer<byte[]> ring, long sequence) {
    return ring.readManyAsync(sequence, 1, 1, null)
        .thenApply(
            items -> {
              checkSequence(items.getSequence(0), sequence);
              return items.get(0);
            });
  }

  private static long checkSequence(long got, long wanted) {
    if (got != wanted) {
      throw new EpochEndedException(
          "a ring answered with record " + got + " for record " + wanted + ": it lost its owner");
    }
    return got;
  }

  /**
   * Waits for what one trainer has to do.
   *
   * @throws EpochEndedException if the epoch ends or the cluster fails the call
   * @throws IllegalStateException if it takes longer than the deadline
   */
  <T> T await(CompletionStage<T> stage, int of, long tag) {
    return await(stage, of, tag, member.config().deadlineSeconds());
  }

  private <T> T await(CompletionStage<T> stage, int of, long tag, int deadlineSeconds) {
    CompletableFuture<T> result = stage.toCompletableFuture();
    try {
      CompletableFuture.anyOf(result, end).get(deadlineSeconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          String.format(
              "cluster: rank %d has sent nothing for step %d within %d s"
                  + " (cluster.deadlineSeconds); it is there, but silent",
              plan.parts().get(of).rank(), tag, deadlineSeconds),
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof EpochEndedException ended) {
        throw ended;
      }
      throw new EpochEndedException("the cluster failed a call: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("cluster: interrupted while waiting for a trainer", e);
    }
    checkOpen();
    return result.join();
  }
}
