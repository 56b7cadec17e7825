/**
 * Self-contained HTML reports from the files of a run, and evaluations as text. Open {@link
 * ffc.runs.report.RunReport} first.
 */
package ffc.runs.report;
