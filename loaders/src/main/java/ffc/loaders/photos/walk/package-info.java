/**
 * Finds pictures by identity, in folder trees and in archives of such trees. Open {@link
 * ffc.loaders.photos.walk.PhotoSource} first.
 */
package ffc.loaders.photos.walk;
