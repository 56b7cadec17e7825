/**
 * What a run shows over HTTP while it goes: a live page and Prometheus metrics. Open {@link
 * ffc.cli.watch.WatchServer} first.
 */
package ffc.cli.watch;
