// Command history is the Lambda function behind the HTTP API: history and health.
package main

import "serverlesschat/internal/app"

func main() { app.Run("history", app.History) }
