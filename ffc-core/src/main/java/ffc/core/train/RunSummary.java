package ffc.core.train;

import ffc.core.method.Footprint;
import ffc.eval.roc.EvalResult;
import java.util.Map;

/**
 * The figures of a finished or interrupted run; {@code summary.json}.
 *
 * @param method name of the method
 * @param steps steps completed over all resumes
 * @param images images trained on over all resumes, each counted once
 * @param imagesPerSecond images of a step by the median wall time of a step, loading included,
 *     without the first 10 steps, evaluation and checkpoints; of this process
 * @param stepMsP50 median wall time of a step in milliseconds
 * @param stepMsP99 its 99th percentile
 * @param peakRssBytes peak resident memory (VmHWM)
 * @param peakAnonBytes peak anonymous resident memory (RssAnon, sampled), mapped files left out
 * @param heapPeakBytes peak Java heap in use
 * @param devicePeakBytes peak memory in use on the GPU, sampled at reports; null on the CPU
 * @param skippedSteps steps dropped because a loss or gradient was not finite
 * @param predicted predicted memory by part, and which of it lies on the GPU, if there is one
 * @param finished false if the run was interrupted before its last step
 * @param eval last results by set
 */
public record RunSummary(
    String method,
    long steps,
    long images,
    double imagesPerSecond,
    double stepMsP50,
    double stepMsP99,
    long peakRssBytes,
    long peakAnonBytes,
    long heapPeakBytes,
    Long devicePeakBytes,
    long skippedSteps,
    Footprint predicted,
    boolean finished,
    Map<String, EvalResult> eval) {}
