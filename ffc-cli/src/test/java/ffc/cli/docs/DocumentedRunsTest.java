package ffc.cli.docs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Types the commands of all pages that {@link DocumentedCommandsTest} leaves out, two pages at a
 * time ({@code junit-platform.properties}): most of them are trials of comparisons, whose cells
 * take one thread each.
 */
@Tag("faults")
@Tag("long")
class DocumentedRunsTest {
  @TempDir Path folder;

  static List<Documentation.Page> pages() throws IOException {
    return DocumentedCommands.pages(false);
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("pages")
  void theCommandsOfAPageWorkFromTopToBottom(Documentation.Page page) throws Exception {
    DocumentedCommands.type(page, folder);
  }
}
