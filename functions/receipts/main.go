// Command receipts is the Lambda function that the stream of the members invokes: it tells rooms how far members are.
package main

import "serverlesschat/internal/app"

func main() { app.Run("receipts", app.Receipts) }
