package ffc.exchange.hazelcast;

import com.hazelcast.cluster.Address;
import ffc.exchange.EpochEndedException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One membership epoch as a trainer takes part in it: records to and from the other trainers, and
 * waits that end when the epoch does.
 */
final class Epoch {
  /** For waits that end with the record or with the epoch. */
  static final int NO_DEADLINE = Integer.MAX_VALUE;

  /** How long a trainer that is waited for in vain may take to say whom it waits for itself. */
  private static final Duration ANSWER = Duration.ofSeconds(1);

  private final Plan plan;
  private final int position;
  private final ClusterMember member;

  /** Where the trainers are, by position. */
  private final List<Address> addresses = new ArrayList<>();

  private final CompletableFuture<Object> end = new CompletableFuture<>();

  /** By position: whom that trainer waits for in vain, as soon as anyone's patience has ended. */
  private final List<CompletableFuture<byte[]>> complaints = new ArrayList<>();

  private final CompletableFuture<Object> anyComplaint;
  private volatile boolean nextAskedFor;
  private long step;
  private long bytesSent;

  Epoch(ClusterMember member, Plan plan) {
    this.member = member;
    this.plan = plan;
    position = plan.positionOf(member.card().incarnation());
    step = plan.startStep();
    for (Plan.Part part : plan.parts()) {
      addresses.add(member.addressOf(part.incarnation()));
    }
    member.mailbox().begin(plan.epoch());
    for (int i = 0; i < size(); i++) {
      complaints.add(member.mailbox().get(label(Frames.SILENCE, 0, i)));
    }
    anyComplaint = CompletableFuture.anyOf(complaints.toArray(CompletableFuture[]::new));
  }

  private Mailbox.Label label(int kind, long tag, int from) {
    return new Mailbox.Label(plan.epoch(), plan.nonce(), kind, tag, rank(from));
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

  /** Configured rank of the trainer at a position. */
  int rank(int position) {
    return plan.parts().get(position).rank();
  }

  Frames frames() {
    return member.frames();
  }

  /** Bytes that this trainer has sent to others in this epoch. */
  long bytesSent() {
    return bytesSent;
  }

  /** The step that is under way, for errors. */
  void atStep(long step) {
    this.step = step;
  }

  /**
   * Notes that a trainer which is not in this epoch waits for the next one. The note is this
   * epoch's: whoever watches may still be at it when the next has begun, with that trainer.
   */
  void askForNext() {
    nextAskedFor = true;
  }

  boolean isNextAskedFor() {
    return nextAskedFor;
  }

  /** Ends the epoch: every wait, present and future, fails with an {@link EpochEndedException}. */
  void end(String reason) {
    end.complete(reason);
  }

  /** Has an action run once, when the epoch ends or at once. */
  void whenEnded(Runnable action) {
    end.whenCompleteAsync((reason, failure) -> action.run(), Runnable::run);
  }

  /** Waits for the end of the epoch, but not longer than that. */
  boolean endsWithin(Duration time) {
    return isDone(end, time.toMillis());
  }

  /** Ends the epoch, unless it has ended for another reason, which the exception then tells. */
  EpochEndedException broken(String reason) {
    end(reason);
    return new EpochEndedException((String) end.join());
  }

  /**
   * The failure of a call among all trainers that one of them keeps waiting. It says nothing of
   * whom: so each waits for the next one, and whoever waits for nobody is found.
   */
  IllegalStateException silent() {
    return new IllegalStateException(silence((position + 1) % size()));
  }

  /** Address of this trainer's member. */
  String address() {
    return addresses.get(position).getHost();
  }

  /** Counts bytes that this trainer has sent by other means. */
  void sent(long bytes) {
    bytesSent += bytes;
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
   * @param frame from {@link #begin} with this kind and tag
   * @param tag step or number that all records must carry
   * @param deadlineSeconds longest wait for one of them
   * @return the others' parts, by ascending rank
   */
  List<Part> gather(int kind, long tag, ByteBuffer frame, int deadlineSeconds) {
    byte[] bytes = member.frames().seal(frame);
    for (int i = 0; i < size(); i++) {
      if (i != position) {
        send(i, bytes);
      }
    }
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      if (i != position) {
        parts.add(new Part(i, receive(kind, tag, i, deadlineSeconds)));
      }
    }
    return parts;
  }

  /** A buffer for a record of this trainer, positioned where the payload goes. */
  ByteBuffer begin(int kind, long tag, int flags, int length) {
    return member.frames().begin(kind, plan.nonce(), tag, rank(position), flags, length);
  }

  /**
   * Sends a sealed record, which must not change any more. A failure ends the epoch.
   *
   * @throws EpochEndedException if the epoch has ended: Hazelcast would try for minutes to reach
   *     those who have left, and keep every such record meanwhile
   */
  void send(int to, byte[] frame) {
    checkOpen();
    bytesSent += frame.length;
    Address address = addresses.get(to);
    if (address == null) {
      end("rank " + rank(to) + " has left");
      checkOpen();
    }
    member
        .send(address, plan.epoch(), frame)
        .whenCompleteAsync(
            (done, failure) -> {
              if (failure != null) {
                end("rank " + rank(to) + " did not take a record: " + failure.getMessage());
              }
            },
            Runnable::run);
  }

  Frames.Content receive(int kind, long tag, int from) {
    return receive(kind, tag, from, member.config().deadlineSeconds());
  }

  /**
   * Waits for a record of another trainer.
   *
   * @throws EpochEndedException if the epoch ends
   * @throws IllegalArgumentException if the record is damaged, unsigned or another
   * @throws IllegalStateException if it takes longer than the deadline
   */
  Frames.Content receive(int kind, long tag, int from, int deadlineSeconds) {
    Mailbox.Label label = label(kind, tag, from);
    byte[] frame = await(member.mailbox().get(label), from, deadlineSeconds);
    member.mailbox().remove(label);
    String what = Frames.name(kind) + " " + tag + " of rank " + rank(from) + " in step " + step;
    return member.frames().open(frame, kind, plan.nonce(), tag, rank(from), what);
  }

  private byte[] await(CompletableFuture<byte[]> record, int from, int deadlineSeconds) {
    if (!isDone(CompletableFuture.anyOf(record, end, anyComplaint), deadlineSeconds * 1000L)
        || (anyComplaint.isDone() && !record.isDone())) {
      throw new IllegalStateException(silence(from));
    }
    checkOpen();
    return record.join();
  }

  private static boolean isDone(CompletableFuture<?> future, long millis) {
    try {
      future.get(millis, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new EpochEndedException("the cluster failed a call: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("cluster: interrupted while waiting for a trainer", e);
    }
  }

  /**
   * Tells the others whom this trainer waits for, and finds out who is silent. It need not be that
   * one: a trainer that fell silent between two of its records leaves some of the others a step
   * behind, and those ahead wait for them. Whoever waits says so; the silent one does not, also if
   * it comes back meanwhile.
   */
  private String silence(int from) {
    Silence known = follow(from, 0);
    if (known.position() == position) {
      return known.text("it is this trainer, and the others have given up");
    }
    ByteBuffer mine = begin(Frames.SILENCE, 0, 0, 12).putInt(from).putLong(step);
    byte[] frame = member.frames().seal(mine);
    for (int i = 0; i < size(); i++) {
      if (i != position) {
        send(i, frame);
      }
    }
    return follow(from, ANSWER.toMillis()).text("it is there, but silent");
  }

  /** Who has sent nothing, and for which step. */
  private final class Silence {
    private final int position;
    private final long since;

    Silence(int position, long since) {
      this.position = position;
      this.since = since;
    }

    int position() {
      return position;
    }

    String text(String state) {
      return String.format(
          "cluster: rank %d has sent nothing for step %d within %d s (cluster.deadlineSeconds); %s",
          rank(position), since, member.config().deadlineSeconds(), state);
    }
  }

  /** From one who is waited for to the one who waits for nobody. */
  private Silence follow(int from, long patienceMillis) {
    int silent = from;
    long since = step;
    for (int hops = 0; hops < size() && silent != position; hops++) {
      CompletableFuture<byte[]> complaint = complaints.get(silent);
      if (!isDone(complaint, patienceMillis)) {
        break;
      }
      String what = "complaint of rank " + rank(silent) + " in step " + step;
      ByteBuffer theirs =
          member
              .frames()
              .open(complaint.join(), Frames.SILENCE, plan.nonce(), 0, rank(silent), what)
              .payload();
      silent = Objects.checkIndex(theirs.getInt(), size());
      since = theirs.getLong();
    }
    return new Silence(silent, since);
  }
}
