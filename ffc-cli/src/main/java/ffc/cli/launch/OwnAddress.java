package ffc.cli.launch;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The IPv4 address of this machine at which the others of a job reach it.
 *
 * @param text the address
 * @param name by which it was found; empty if by the way to another machine
 */
record OwnAddress(String text, String name) {
  private static final int ANY_PORT = 9; // nothing is sent

  /**
   * The address that one of the names stands for here, or else the one from which packets to the
   * first of them would leave. Debian gives a machine's own name an address of the loopback
   * (127.0.1.1); then the only address of the machine is taken, if it has no other.
   *
   * @param names of machines, this one perhaps among them
   * @throws IllegalArgumentException if none can be told
   */
  static OwnAddress among(List<String> names) {
    String loopback = "";
    for (String name : names) {
      for (InetAddress address : resolve(name)) {
        if (address.isLoopbackAddress() && !isLoopback(name)) {
          loopback = loopback.isEmpty() ? name : loopback;
        } else if (isOurs(address)) {
          return new OwnAddress(address.getHostAddress(), name);
        }
      }
    }
    for (String name : loopback.isEmpty() ? names : List.<String>of()) {
      for (InetAddress address : resolve(name)) {
        InetAddress own = towards(address);
        if (own instanceof Inet4Address && !own.isAnyLocalAddress() && !own.isLoopbackAddress()) {
          return new OwnAddress(own.getHostAddress(), "");
        }
      }
    }
    Set<String> all = all();
    if (!loopback.isEmpty() && all.size() == 1) {
      return new OwnAddress(all.iterator().next(), loopback);
    }
    throw new IllegalArgumentException(
        (loopback.isEmpty()
                ? "none of " + String.join(", ", names) + " is this machine or can be reached"
                : loopback + " is an address of the loopback here")
            + "; say by --set cluster.interface=ADDRESS at which of "
            + (all.isEmpty() ? "its addresses" : String.join(", ", all))
            + " the others reach this machine");
  }

  private static List<Inet4Address> resolve(String name) {
    try {
      return List.of(InetAddress.getAllByName(name)).stream()
          .filter(Inet4Address.class::isInstance)
          .map(Inet4Address.class::cast)
          .toList();
    } catch (UnknownHostException e) {
      return List.of(); // it may not be there yet
    }
  }

  private static boolean isLoopback(String name) {
    return name.equals("localhost") || name.startsWith("127.");
  }

  private static boolean isOurs(InetAddress address) {
    try {
      return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    } catch (IOException e) {
      return false;
    }
  }

  /** The address that the system would send from. */
  private static InetAddress towards(InetAddress address) {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(address, ANY_PORT));
      return socket.getLocalAddress();
    } catch (IOException | RuntimeException e) { // there is no way there
      return null;
    }
  }

  private static Set<String> all() {
    Set<String> all = new TreeSet<>();
    try {
      NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress())
          .forEach(a -> all.add(a.getHostAddress()));
    } catch (IOException e) {
      // Without a network there are none.
    }
    return all;
  }
}
