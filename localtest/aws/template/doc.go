// Package template reads a SAM template into a description of the system for a run on one machine: functions, APIs and
// their routes, tables, queues, and what feeds functions from streams and queues, with every parameter, condition and
// intrinsic function resolved.
//
// It reads what the local stack can emulate and refuses the rest. Two lists, in coverage.go, say which is which: what
// is emulated, and what is knowingly without effect here. All else is refused. [Load] returns every problem that it
// finds, each with file, line and the path of the property ([Problems]).
//
// The way of a template:
//
//	bytes ── parse ──> YAML nodes, which know their lines      document.go
//	      ── parameters, conditions, resources, made ids       parameter.go condition.go resource.go made.go
//	      ── evaluate ──> values without intrinsic functions   intrinsic.go evaluate.go sub.go names.go
//	      ── compare with the two lists                        coverage.go cover.go
//	      ── read ──> System                                   function.go websocket.go http.go table.go queue.go …
//	      ── look for circles of references                    circle.go
//
// Both branches of an Fn::If are evaluated, and so is a resource whose condition is false, so that a misspelt name is
// found even where it has no effect today.
package template
