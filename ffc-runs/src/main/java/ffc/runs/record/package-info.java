/**
 * What a run leaves in its directory: resolved config, manifest, figures by step, evaluations,
 * summary and event files. Open {@link ffc.runs.record.RunRecorder} first.
 */
package ffc.runs.record;
