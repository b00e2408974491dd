// Package apidoc reads the documents of the chat's API, docs/asyncapi.yaml and docs/openapi.yaml with the schemas that
// both use, and shows them as a page for people. Tests take from it what the documents say, to hold it against what the
// chat does; apidoctest validates with the schemas.
package apidoc
