package ffc.core.train;

import java.util.Map;

/**
 * What a run says of itself every report interval; one line of {@code steps.jsonl}.
 *
 * @param step steps completed since the run began, over all resumes
 * @param images images trained on since the run began, over all resumes and trainers
 * @param epoch epoch of the instance loader
 * @param idEpoch epoch of the ID loader
 * @param loss loss of this step (sum of its terms)
 * @param terms the loss by term, for example existing and fresh
 * @param learningRate rate of this step
 * @param gradientNorm global norm of the gradient before clipping
 * @param imagesPerSecond images of the interval by its wall time, evaluation and checkpoints left
 *     out
 * @param dataWaitShare share of that time spent waiting for the loader
 * @param statistics figures of the method, for example of the ID group
 * @param rssBytes resident memory of the process
 */
public record StepReport(
    long step,
    long images,
    long epoch,
    long idEpoch,
    double loss,
    Map<String, Double> terms,
    double learningRate,
    double gradientNorm,
    double imagesPerSecond,
    double dataWaitShare,
    Map<String, Double> statistics,
    long rssBytes) {}
