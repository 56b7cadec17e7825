/** Throughput and memory of the loaders; run by the scripts {@code bench/loader_*}. */
package ffc.loaders.bench;
