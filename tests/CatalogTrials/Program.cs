using Iml4e.CatalogTrials.Contention;

return await WriterProcess.RunAsync(args);
