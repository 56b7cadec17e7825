/**
 * What several trainers tell each other in a step: one trainer alone, and trainers as threads of
 * one process. Open {@link ffc.exchange.GroupExchange} first.
 */
package ffc.exchange;
