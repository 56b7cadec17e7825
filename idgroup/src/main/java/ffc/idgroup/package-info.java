/**
 * The ID group: K class features that act as the classifier, kept on the host by deterministic
 * rules so that every trainer's replica is the same. Known to no tensor library. Open {@code
 * IdGroup} first.
 */
package ffc.idgroup;
