package ffc.loaders.remote;

import ffc.loaders.data.BadDataException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Requests for ranges of remote objects. What may pass – a connection that fails or ends within an
 * answer, silence, a server that is busy – is tried again, from where the answer ended, with waits
 * that double and differ by chance.
 */
final class Requests {
  private static final int MOST_REDIRECTS = 5;

  /** Least time between two lines on what is tried again. */
  private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Receives the bytes of a range in their order. */
  interface Sink {
    void accept(ByteBuffer bytes);
  }

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1) // a connection each: ranges do not share a window
          .followRedirects(HttpClient.Redirect.NEVER) // credentials must not follow to another host
          .connectTimeout(Duration.ofSeconds(10))
          .build();

  private final Patience patience;
  private final Access access;
  private final Consumer<String> say;
  private long said; // under the lock of this; 0 before the first line

  /**
   * @param say told in lines what is tried again
   */
  Requests(Patience patience, Access access, Consumer<String> say) {
    this.patience = patience;
    this.access = access;
    this.say = say;
  }

  /**
   * Asks for the first byte of an object, by which length, version and ranges are known.
   *
   * @return empty if it is not there
   * @throws BadDataException if it may not be read, or not by ranges, or nobody answers
   */
  Optional<RemoteObject> look(RemotePath path) {
    for (int failures = 1; ; failures++) {
      Reply reply = null;
      String trouble;
      boolean told = true;
      try {
        reply = send(path, "", 0, 0, any -> false, bytes -> {});
        if (reply.isMissing()) {
          return Optional.empty();
        }
        if (!reply.isPassing()) {
          return Optional.of(RemoteObject.of(path, reply, access.hint(path.host())));
        }
        trouble = "answers " + reply.status();
      } catch (IOException e) {
        trouble = reason(e);
        told = !(e instanceof ConnectException); // a mistyped address is one line, the error's
      }
      if (failures >= patience.triesAtFirst()) {
        throw new BadDataException(
            "%s: cannot be opened: %s, %d times".formatted(path, trouble, failures));
      }
      pause(path, trouble, failures, patience.triesAtFirst(), reply, told);
    }
  }

  /**
   * Fetches a range of an object.
   *
   * @throws RemoteException if it cannot be fetched, or the object is another one by now
   */
  void fetch(RemoteObject object, long from, long to, Sink sink) {
    RemotePath path = object.path();
    long[] at = {from};
    int failures = 0;
    while (at[0] < to) {
      long start = at[0];
      Reply reply = null;
      String trouble = "the answer ended early";
      try {
        reply =
            send(
                path,
                object.tag(),
                start,
                to - 1,
                head -> object.fault(head, start).isEmpty(),
                bytes -> {
                  bytes.limit((int) Math.min(bytes.limit(), bytes.position() + to - at[0]));
                  at[0] += bytes.remaining();
                  sink.accept(bytes);
                });
        String fault = object.fault(reply, start);
        if (reply.isPassing()) {
          trouble = "answers " + reply.status();
        } else if (!fault.isEmpty()) {
          throw new RemoteException(
              "%s: cannot be read from byte %d on: %s".formatted(path, start, fault));
        }
      } catch (IOException e) {
        trouble = reason(e);
      }
      if (at[0] > start) {
        failures = 0; // it gets on, in however small pieces
      } else if (++failures >= patience.tries()) {
        throw new RemoteException(
            "%s: cannot be read from byte %d on: %s, %d times in a row"
                .formatted(path, start, trouble, failures));
      } else {
        pause(path, trouble + " at byte " + start, failures, patience.tries(), reply, true);
      }
    }
  }

  private void pause(
      RemotePath path, String trouble, int failures, int most, Reply reply, boolean told) {
    Duration wanted = reply == null ? null : reply.retryAfter();
    Duration wait = patience.wait(failures, ThreadLocalRandom.current().nextDouble(), wanted);
    if (told) {
      tell(
          "%s: %s; trying again in %.1f s (%d of %d)"
              .formatted(path, trouble, wait.toMillis() / 1e3, failures + 1, most));
    }
    try {
      Thread.sleep(wait.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RemoteException(path + ": cannot be read: interrupted");
    }
  }

  /** One line for all ranges that fail at the same time. */
  private synchronized void tell(String line) {
    long now = System.nanoTime();
    if (said == 0 || now - said >= LINE_NANOS) {
      said = now;
      say.accept(line);
    }
  }

  static String reason(IOException e) {
    String message = e.getMessage();
    return message == null || message.isBlank()
        ? switch (e.getClass().getSimpleName()) {
          case "ConnectException" ->
              e.getCause() instanceof UnresolvedAddressException
                      || e.getCause() != null
                          && e.getCause().getCause() instanceof UnresolvedAddressException
                  ? "the name of its host is unknown"
                  : "nobody answers there";
          default -> e.getClass().getSimpleName();
        }
        : RemotePath.masked(message);
  }

  /** One request, and those that its answer sends it on to. */
  private Reply send(
      RemotePath path, String tag, long from, long last, Predicate<Reply> wanted, Sink sink)
      throws IOException {
    URI uri = path.toUri();
    String host = path.host();
    uri = URI.create(uri + access.query(host));
    for (int redirects = 0; ; redirects++) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(uri)
              .header("Range", "bytes=" + from + "-" + last)
              .header("Accept-Encoding", "identity");
      if (tag.startsWith("\"")) { // weak tags and times do not vouch for bytes
        request.header("If-Range", tag);
      }
      String authorization = access.authorization(host);
      if (!authorization.isEmpty()) {
        request.header("Authorization", authorization);
      }
      Reply reply = exchange(request.build(), wanted, sink);
      String elsewhere = reply.elsewhere();
      if (elsewhere.isEmpty()) {
        return reply;
      }
      URI next = uri.resolve(elsewhere);
      if (redirects >= MOST_REDIRECTS
          || next.getHost() == null
          || uri.getScheme().equals("https") && !"https".equals(next.getScheme())) {
        throw new IOException("is sent on " + (redirects + 1) + " times, or to an unsafe place");
      }
      uri = next;
      host = next.getAuthority();
    }
  }

  private Reply exchange(HttpRequest request, Predicate<Reply> wanted, Sink sink)
      throws IOException {
    Receiver receiver = new Receiver(sink);
    CompletableFuture<HttpResponse<Void>> sent =
        client.sendAsync(
            request,
            head ->
                wanted.test(new Reply(head.statusCode(), head.headers()))
                    ? receiver
                    : new Refusal());
    try {
      for (long before = -1; ; before = receiver.received) {
        try {
          HttpResponse<Void> response =
              sent.get(patience.silence().toMillis(), TimeUnit.MILLISECONDS);
          return new Reply(response.statusCode(), response.headers());
        } catch (TimeoutException e) {
          if (receiver.received == before || receiver.received == 0) {
            throw new IOException("no byte for " + patience.silence().toMillis() / 1e3 + " s", e);
          }
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IOException(String.valueOf(e.getCause()), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RemoteException(request.uri().getHost() + ": cannot be read: interrupted");
    } finally {
      receiver.close();
      sent.cancel(true); // of no effect once it is answered
    }
  }

  /** Hands an answer's bytes on. */
  private static final class Receiver implements BodySubscriber<Void> {
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final Sink sink;
    private volatile long received;
    private boolean closed; // under the lock of this

    Receiver(Sink sink) {
      this.sink = sink;
    }

    @Override
    public CompletionStage<Void> getBody() {
      return done;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    /** Hands nothing on any more: another request may have begun. */
    synchronized void close() {
      closed = true;
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> buffers) {
      if (closed) {
        return;
      }
      for (ByteBuffer bytes : buffers) {
        received += bytes.remaining();
        sink.accept(bytes);
      }
    }

    @Override
    public void onError(Throwable failure) {
      done.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      done.complete(null);
    }
  }

  /** Takes nothing of an answer, which may be as long as the object. */
  private static final class Refusal implements BodySubscriber<Void> {
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    @Override
    public CompletionStage<Void> getBody() {
      return done;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.cancel();
      done.complete(null);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}
  }
}
