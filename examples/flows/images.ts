import { app } from "./app.ts";

interface Image {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** Stands for a download: images are only their sizes here. */
export const fetchImage = app.task(
  "images.fetch",
  (url: string): Image => ({
    name: url.split("/").at(-1) ?? url,
    width: 1600,
    height: 1200,
  }),
);

export const resize = app.task(
  "images.resize",
  (image: Image, width: number): Image => ({
    ...image,
    width,
    height: Math.round((image.height * width) / image.width),
  }),
);

export const crop = app.task(
  "images.crop",
  (image: Image, square: number): Image => ({
    ...image,
    width: square,
    height: square,
  }),
);

export const upload = app.task(
  "images.upload",
  (image: Image, folder: string, suffix: string) =>
    `${folder}/${image.name.replace(/\.\w+$/, "")}-${suffix}.jpg (${image.width}x${image.height})`,
);

export const index = app.task("images.index", (paths: string[], title: string) => ({ title, paths }));
