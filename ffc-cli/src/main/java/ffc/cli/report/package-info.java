/**
 * Self-contained HTML reports from the files of a run. Open {@link ffc.cli.report.RunReport} first.
 */
package ffc.cli.report;
