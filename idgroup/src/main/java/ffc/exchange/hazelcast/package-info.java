/**
 * Trainers as members of a Hazelcast cluster: what they exchange each step, how they find each
 * other, and what happens when one is lost or comes in. Hazelcast orders and moves the records; it
 * never chooses slots. Open {@link ffc.exchange.hazelcast.HazelcastExchange} first, {@code
 * docs/cluster.md} for the network.
 */
package ffc.exchange.hazelcast;
