// Package deploy holds no code: its tests read the manifests under kubernetes/ and the Dockerfile as a cluster and an image
// builder would, and keep the promises that both make.
package deploy
