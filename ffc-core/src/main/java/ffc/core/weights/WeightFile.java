package ffc.core.weights;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Reads named arrays from a file of any supported format. */
public final class WeightFile {
  private WeightFile() {}

  /**
   * Reads all arrays: safetensors by the ending {@code .safetensors}, otherwise a PyTorch
   * checkpoint ({@code .pth}, {@code .pt}, {@code .bin}, {@code .ckpt}).
   *
   * @return arrays by name, in the order of the file
   * @throws IllegalArgumentException if the file is missing, corrupt or of another format
   */
  public static Map<String, HostTensor> read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          file + ": no such file; wanted weights (.safetensors or a PyTorch .pth)");
    }
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors")
        ? Safetensors.read(file).tensors()
        : TorchCheckpoint.read(file);
  }
}
