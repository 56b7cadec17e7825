/**
 * Several trainers, one ID group: what they exchange each step, how they find each other, and what
 * happens when one is lost or comes in. Hazelcast orders, moves and keeps the records; it never
 * chooses slots. Open {@code HazelcastExchange} first, {@code docs/cluster.md} for the network.
 */
package ffc.idgroup.cluster;
