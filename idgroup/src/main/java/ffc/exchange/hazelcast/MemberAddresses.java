package ffc.exchange.hazelcast;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Where members are looked for. Hazelcast is given addresses: of names it takes those alone that
 * stand for the interface to which it is bound, so that no other member would be found by one.
 */
final class MemberAddresses {
  private static final int CONNECT_MILLIS = 1000;
  private static final int PAUSE_MILLIS = 200;

  private final ClusterConfig config;

  MemberAddresses(ClusterConfig config) {
    this.config = config;
  }

  /** The members as {@code address:port}; without those whose name nobody knows yet. */
  List<String> known() {
    List<String> known = new ArrayList<>();
    for (String member : config.members()) {
      int colon = member.lastIndexOf(':');
      String host = colon < 0 ? member : member.substring(0, colon);
      String port = colon < 0 ? ":" + config.port() : member.substring(colon);
      try {
        for (InetAddress address : InetAddress.getAllByName(host)) {
          if (address instanceof Inet4Address) {
            known.add(address.getHostAddress() + port);
          }
        }
      } catch (UnknownHostException e) {
        // A pod that has not started has no name.
      }
    }
    return List.copyOf(known);
  }

  /**
   * Waits until one of the members listens, if this one is not among them: nobody who is there
   * would look for it, so it has to find them.
   *
   * @throws CancellationException if asked to stop meanwhile
   * @throws IllegalStateException if none comes within {@code cluster.waitSeconds}
   */
  void awaitOne(Consumer<String> status, BooleanSupplier stop) {
    if (known().contains(config.networkInterface() + ":" + config.port())) {
      return;
    }
    long began = System.nanoTime();
    boolean said = false;
    while (known().stream().noneMatch(MemberAddresses::listens)) {
      String waiting = "nobody listens at " + String.join(", ", config.members()) + " yet";
      if (stop.getAsBoolean()) {
        throw new CancellationException("stopped while trainers were waited for: " + waiting);
      }
      if (System.nanoTime() - began > config.waitSeconds() * 1_000_000_000L) {
        throw new IllegalStateException(
            "cluster: no member was found within "
                + config.waitSeconds()
                + " s (cluster.waitSeconds): "
                + waiting);
      }
      if (!said) {
        status.accept(waiting);
        said = true;
      }
      pause();
    }
  }

  private static boolean listens(String address) {
    int colon = address.lastIndexOf(':');
    try (Socket socket = new Socket()) {
      int port = Integer.parseInt(address.substring(colon + 1));
      socket.connect(new InetSocketAddress(address.substring(0, colon), port), CONNECT_MILLIS);
      return true;
    } catch (IOException | IllegalArgumentException e) { // also no port: Hazelcast says so
      return false;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while trainers were waited for");
    }
  }
}
