package ffc.engine;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory of this process as Linux and the JVM report it; 0 where a figure is not to be had. */
public final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessMemory() {}

  /** Resident memory in bytes (VmRSS). */
  public static long rss() {
    return status("VmRSS:");
  }

  /** Peak resident memory in bytes (VmHWM). */
  public static long peakRss() {
    return status("VmHWM:");
  }

  /** Resident memory that is no mapped file, in bytes (RssAnon). */
  public static long anonymous() {
    return status("RssAnon:");
  }

  /** Sum of the peaks of the Java heap's pools, in bytes. */
  public static long heapPeak() {
    long sum = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == MemoryType.HEAP) {
        sum += pool.getPeakUsage().getUsed();
      }
    }
    return sum;
  }

  /** Memory in use on a GPU, by all processes, in bytes; 0 on the CPU. */
  public static long device(Device device) {
    try {
      return device.isGpu() ? Gpus.memory(device.getDeviceId()).used() : 0;
    } catch (EngineException e) {
      return 0;
    }
  }

  private static long status(String key) {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(key)) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
      return 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
