// Command jobs is the Lambda function that the queue of jobs invokes: it does what could not be done at once.
package main

import "serverlesschat/internal/app"

func main() { app.Run("jobs", app.Jobs) }
