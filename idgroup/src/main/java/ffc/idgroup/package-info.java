/**
 * The ID group: K class features that act as the classifier, kept on the host by deterministic
 * rules so that every trainer's replica is the same. Known to no tensor library and to no other
 * trainer. Open {@link ffc.idgroup.IdGroup} first.
 */
package ffc.idgroup;
