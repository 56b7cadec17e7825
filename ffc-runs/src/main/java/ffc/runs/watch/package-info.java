/**
 * What a run shows over HTTP while it goes: a live page and Prometheus metrics. Open {@link
 * ffc.runs.watch.WatchServer} first.
 */
package ffc.runs.watch;
