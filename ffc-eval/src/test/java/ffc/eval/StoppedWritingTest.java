package ffc.eval;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.eval.embedding.Embeddings;
import ffc.formats.WholeFile;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.tools.AsideFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C in a command that writes leaves what was whole, and nothing else. */
class StoppedWritingTest {
  @TempDir Path temp;

  /** Rows that never come. */
  private static final class Endless implements Embeddings {
    @Override
    public int size() {
      return 5;
    }

    @Override
    public int dim() {
      return 2;
    }

    @Override
    public long label(int row) {
      return row;
    }

    @Override
    public void read(int from, int count, float[] into, int at) {
      System.out.println("in the middle");
      try {
        Thread.sleep(600_000);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Finishes one file in a folder and is in the middle of others. */
  static final class Writing {
    public static void main(String[] args) throws IOException {
      Path folder = Path.of(args[0]);
      WholeFile.write(folder.resolve("whole.txt"), "whole");
      Path made = folder.resolve("made/of/folders");
      try (MadeFolders folders = new MadeFolders(made);
          AsideFile pack = new AsideFile(made.resolve("train.rec"))) {
        pack.write(ByteBuffer.allocate(10));
        WholeFile.create(
            folder.resolve("also/made/file"),
            channel -> EmbeddingFile.write(made.resolve("rows.npy"), new Endless()));
      }
    }
  }

  @Test
  void leavesNothingHalfWritten() throws Exception {
    Process writing =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Writing.class.getName(),
                temp.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(writing.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(said.readLine()).isEqualTo("in the middle");
      assertThat(names(temp.resolve("also/made"))).containsExactly(".file.writing");
      assertThat(names(temp.resolve("made/of/folders")))
          .containsExactlyInAnyOrder("train.rec.part", "rows.ids.npy.aside", ".rows.npy.writing");
      writing.destroy();
      assertThat(writing.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      writing.destroyForcibly();
    }
    assertThat(names(temp)).containsExactly("whole.txt");
  }

  private static String[] names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toArray(String[]::new);
    }
  }
}
