package ffc.runs.train;

import ffc.core.checkpoint.Checkpoints;
import ffc.core.train.NonFiniteException;
import ffc.engine.NativeMemory;
import ffc.loaders.data.BadDataException;
import ffc.runs.record.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Optional;

/** A run that failed: one line for the person, the stack trace in the run's log. */
public final class RunFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** A step in slices has other batch statistics, so a run cannot change to it on the way. */
  private static final String SMALLER =
      "; ffc plan CONFIG predicts what a run takes; it takes less with run.checkpointActivations=true, a"
          + " new run also with a higher run.accumulate, with lower data.idsPerBatch and data.instancesPerBatch, or with run.precision=bf16";

  private RunFailure(String message, Throwable cause) {
    super(message, cause);
  }

  static RunFailure of(Throwable cause, RunDirectory directory) {
    Path log = directory.file("run.log");
    boolean isNew = Files.notExists(log);
    String what = what(cause);
    String where;
    try {
      StringWriter trace = new StringWriter();
      cause.printStackTrace(new PrintWriter(trace));
      Files.writeString(
          log,
          Instant.now() + " " + trace,
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      where = " (stack trace in " + log + ")";
    } catch (IOException e) {
      where = " (no stack trace could be written to " + log + ": " + e.getMessage() + ")";
      if (isNew) {
        deleteHalf(log);
      }
    }
    return new RunFailure(what.replaceAll("\\s*\\R\\s*", " ") + where + wayOn(directory), cause);
  }

  private static void deleteHalf(Path log) {
    try {
      Files.deleteIfExists(log);
    } catch (IOException e) {
      // It could not be written either.
    }
  }

  private static String what(Throwable cause) {
    if (cause instanceof UncheckedIOException e) {
      return what(e.getCause());
    }
    Optional<String> shortage = NativeMemory.shortage(cause);
    if (shortage.isPresent()) {
      return shortage.get() + SMALLER;
    }
    Optional<String> refusal = Surroundings.refusal(cause);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    String message = String.valueOf(cause.getMessage());
    if (cause instanceof BadDataException) {
      return message + "; --set data.onCorrupt=skip goes on without unreadable images";
    }
    boolean speaksForItself =
        cause instanceof NonFiniteException || cause instanceof IllegalArgumentException;
    return speaksForItself ? message : cause.getClass().getSimpleName() + ": " + message;
  }

  /** Where {@code --resume} would go on from, to end a message with; empty without a checkpoint. */
  static String wayOn(RunDirectory directory) {
    try {
      return new Checkpoints(directory.checkpoints(), 1)
          .latest()
          .map(checkpoint -> "; --resume goes on from " + checkpoint)
          .orElse("");
    } catch (IOException e) {
      return ""; // the failure itself says enough
    }
  }
}
