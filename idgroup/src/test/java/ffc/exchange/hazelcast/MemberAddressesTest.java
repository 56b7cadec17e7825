package ffc.exchange.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class MemberAddressesTest {
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static ClusterConfigBuilder at(String address, int port, String... members) {
    return ClusterConfigBuilder.builder()
        .trainers(2)
        .rank(1)
        .networkInterface(address)
        .port(port)
        .name("test-" + members[0])
        .waitSeconds(1)
        .members(List.of(members));
  }

  @Test
  void namesThatNobodyKnowsAreLeftOutAndPortsFilledIn() {
    ClusterConfig config =
        at("127.0.0.1", 7000, "nowhere.invalid:1", "localhost", "[::1]:3", "10.0.0.1:2").build();
    assertThat(new MemberAddresses(config).known()).containsExactly("127.0.0.1:7000", "10.0.0.1:2");
  }

  @Test
  void whoIsNotOnTheListWaitsUntilSomeoneOfItListens() throws IOException {
    int port = freePort();
    ClusterConfig config = at("127.0.0.2", 7000, "localhost:" + port).build();
    List<String> said = new ArrayList<>();
    List<ServerSocket> opened = new ArrayList<>();
    new MemberAddresses(config)
        .awaitOne(
            line -> {
              said.add(line);
              try {
                opened.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            () -> false);
    assertThat(opened).hasSize(1);
    opened.get(0).close();
    assertThat(said).containsExactly("nobody listens at localhost:" + port + " yet");

    said.clear();
    long began = System.nanoTime();
    assertThatThrownBy(() -> new MemberAddresses(config).awaitOne(said::add, () -> false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("within 1 s (cluster.waitSeconds): nobody listens at localhost:");
    assertThat(said).as("once, however long it waits").hasSize(1);
    assertThat(System.nanoTime() - began).isLessThan(20_000_000_000L);
    assertThatThrownBy(() -> new MemberAddresses(config).awaitOne(line -> {}, () -> true))
        .isInstanceOf(CancellationException.class);
    // The first trainer waits for nobody.
    new MemberAddresses(at("127.0.0.1", port, "localhost:" + port).build())
        .awaitOne(said::add, () -> false);
    assertThat(said).hasSize(1);
  }
}
