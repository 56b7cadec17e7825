package ffc.runs.train;

import ffc.core.train.RunSummary;
import java.nio.file.Path;

/**
 * What came of a {@link Training}.
 *
 * @param directory the run: records, checkpoints, report
 * @param summary figures of the run with the last result of each evaluation set; {@link
 *     RunSummary#finished} is false if the run was stopped before its last step
 * @param report page with all of it
 */
public record TrainingResult(Path directory, RunSummary summary, Path report) {}
