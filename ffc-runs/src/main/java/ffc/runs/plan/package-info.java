/**
 * What an experiment will take in memory, method by method and class count by class count, before
 * anything is loaded. Open {@link ffc.runs.plan.MemoryPlan} first.
 */
package ffc.runs.plan;
