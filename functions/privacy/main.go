// Command privacy is the Lambda function behind the HTTP API for what is stored about a user.
package main

import "serverlesschat/internal/app"

func main() { app.Run("privacy", app.Privacy) }
