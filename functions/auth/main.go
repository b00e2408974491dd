// Command auth is the Lambda function behind the HTTP API for accounts and their tokens.
package main

import "serverlesschat/internal/app"

func main() { app.Run("auth", app.Auth) }
